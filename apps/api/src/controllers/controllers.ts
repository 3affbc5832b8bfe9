import { AgentsController } from './agents.controller.js';
import { AlertsController } from './alerts.controller.js';
import { ActorsController } from './actors.controller.js';
import { ArchivesController, OwnArchiveController } from './archives.controller.js';
import { AuditController } from './audit.controller.js';
import { MeController, PasswordResetController } from './account.controller.js';
import { AuthController, TokensController } from './auth.controller.js';
import { BrowserSessionController } from './browser-session.controller.js';
import { CatalogueController, PublishersController } from './catalogue.controller.js';
import { DataController } from './data.controller.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { EventsController } from './events.controller.js';
import { FileLinksController, FilesController } from './files.controller.js';
import { FiltersController } from './filters.controller.js';
import { HealthController } from './health.controller.js';
import { HooksController } from './hooks.controller.js';
import { InvitationsController } from './invitations.controller.js';
import { JobsController } from './jobs.controller.js';
import { KvController } from './kv.controller.js';
import { LogsController } from './logs.controller.js';
import { MailController } from './mail.controller.js';
import { MappingsController } from './mappings.controller.js';
import { OperatorController } from './operator.controller.js';
import { SavedViewsController } from './saved-views.controller.js';
import { NoticeRulesController, NoticesController, OperatorNoticesController } from './notices.controller.js';
import { OidcController } from './oidc.controller.js';
import { PluginConfigController } from './plugin-config.controller.js';
import { PluginHealthController } from './plugin-health.controller.js';
import { PluginsController } from './plugins.controller.js';
import { PortalController } from './portal.controller.js';
import { QuarantinesController } from './quarantines.controller.js';
import { RunBatchesController } from './run-batches.controller.js';
import { RunsController } from './runs.controller.js';
import { EventStreamController, RunStreamController } from './streams.controller.js';
import { SecretsController } from './secrets.controller.js';
import { SettingsController, SettingStreamController, SettingWatchController } from './settings.controller.js';
import { SourcesController } from './sources.controller.js';
import { OperatorSpendController, SpendController } from './spend.controller.js';
import { StatsController } from './stats.controller.js';
import { OwnTenantController, SuspensionsController, TenantsController } from './tenants.controller.js';
import { UsageController } from './usage.controller.js';
import { UsersController } from './users.controller.js';
import { WebhooksController } from './webhooks.controller.js';

/** Every controller. A path with fixed words comes before one with a parameter in its place. */
export const controllers = [
  BrowserSessionController,
  OidcController,
  AuthController,
  PasswordResetController,
  MeController,
  TokensController,
  ArchivesController,
  TenantsController,
  SuspensionsController,
  OperatorController,
  PortalController,
  OwnArchiveController,
  OwnTenantController,
  UsersController,
  ActorsController,
  InvitationsController,
  EventStreamController,
  RunStreamController,
  EventsController,
  FiltersController,
  PluginsController,
  PluginConfigController,
  CatalogueController,
  PublishersController,
  KvController,
  SecretsController,
  JobsController,
  RunBatchesController,
  RunsController,
  LogsController,
  UsageController,
  PluginHealthController,
  StatsController,
  DeadLettersController,
  WebhooksController,
  HooksController,
  MappingsController,
  AgentsController,
  AlertsController,
  SourcesController,
  SettingStreamController,
  SettingWatchController,
  SettingsController,
  NoticeRulesController,
  NoticesController,
  OperatorNoticesController,
  SavedViewsController,
  SpendController,
  OperatorSpendController,
  QuarantinesController,
  FilesController,
  FileLinksController,
  MailController,
  DataController,
  AuditController,
  HealthController,
];

import type { Name } from '@annex/client';
import Activity from 'lucide-react/icons/activity';
import BellRing from 'lucide-react/icons/bell-ring';
import Blocks from 'lucide-react/icons/blocks';
import Bot from 'lucide-react/icons/bot';
import Cable from 'lucide-react/icons/cable';
import CalendarClock from 'lucide-react/icons/calendar-clock';
import House from 'lucide-react/icons/house';
import MailX from 'lucide-react/icons/mail-x';
import Radio from 'lucide-react/icons/radio';
import ScrollText from 'lucide-react/icons/scroll-text';
import Building2 from 'lucide-react/icons/building-2';
import Cpu from 'lucide-react/icons/cpu';
import FolderOpen from 'lucide-react/icons/folder-open';
import Gauge from 'lucide-react/icons/gauge';
import HeartPulse from 'lucide-react/icons/heart-pulse';
import KeyRound from 'lucide-react/icons/key-round';
import KeySquare from 'lucide-react/icons/key-square';
import LibraryBig from 'lucide-react/icons/library-big';
import ListOrdered from 'lucide-react/icons/list-ordered';
import ListTree from 'lucide-react/icons/list-tree';
import Mail from 'lucide-react/icons/mail';
import Megaphone from 'lucide-react/icons/megaphone';
import PackageSearch from 'lucide-react/icons/package-search';
import Receipt from 'lucide-react/icons/receipt';
import Settings from 'lucide-react/icons/settings';
import Signature from 'lucide-react/icons/signature';
import ShieldBan from 'lucide-react/icons/shield-ban';
import ShieldCheck from 'lucide-react/icons/shield-check';
import SlidersHorizontal from 'lucide-react/icons/sliders-horizontal';
import Split from 'lucide-react/icons/split';
import Table2 from 'lucide-react/icons/table-2';
import Users from 'lucide-react/icons/users';
import Webhook from 'lucide-react/icons/webhook';
import type { ComponentType } from 'react';

/** A screen that the navigation leads to. */
export interface Place {
  label: string;
  /** Behind the tenant. */
  to: string;
  icon: ComponentType<{ size?: number | string }>;
  /** The call that it is made of: who may not make it is not led there. */
  needs: Name;
}

export interface PlaceGroup {
  label?: string;
  places: readonly Place[];
}

/** Everything that the navigation and the palette lead to, by group. */
export const placeGroups: readonly PlaceGroup[] = [
  {
    places: [
      { label: 'Overview', to: '', icon: House, needs: 'getStats' },
      { label: 'Plugins', to: 'plugins', icon: Blocks, needs: 'listPlugins' },
      { label: 'Catalogue', to: 'catalogue', icon: LibraryBig, needs: 'listCatalogue' },
      { label: 'Jobs', to: 'jobs', icon: CalendarClock, needs: 'listJobs' },
    ],
  },
  {
    label: 'What happens',
    places: [
      { label: 'Runs', to: 'runs', icon: Activity, needs: 'listRuns' },
      { label: 'Events', to: 'events', icon: Radio, needs: 'listEvents' },
      { label: 'Alerts', to: 'alerts', icon: BellRing, needs: 'listAlerts' },
      { label: 'Notices', to: 'notices', icon: Megaphone, needs: 'listNotices' },
      { label: 'Dead letters', to: 'dead-letters', icon: MailX, needs: 'listDeadLetters' },
      { label: 'Logs', to: 'logs', icon: ScrollText, needs: 'listPluginLogs' },
    ],
  },
  {
    label: 'What comes in',
    places: [
      { label: 'Sources', to: 'sources', icon: Cable, needs: 'listSources' },
      { label: 'Mappings', to: 'mappings', icon: Split, needs: 'listMappings' },
    ],
  },
  {
    label: 'What goes and stays',
    places: [
      { label: 'Agents', to: 'agents', icon: Bot, needs: 'listAgents' },
      { label: 'Webhooks', to: 'webhooks', icon: Webhook, needs: 'listWebhooks' },
      { label: 'Tables', to: 'data', icon: Table2, needs: 'listTables' },
      { label: 'Files', to: 'files', icon: FolderOpen, needs: 'listFiles' },
      { label: 'Mail', to: 'mail', icon: Mail, needs: 'listMail' },
    ],
  },
  {
    label: 'Tenant',
    places: [
      { label: 'Team', to: 'team', icon: Users, needs: 'listUsers' },
      { label: 'Settings tree', to: 'tree', icon: ListTree, needs: 'listSettings' },
      { label: 'Secrets', to: 'secrets', icon: KeyRound, needs: 'listSecrets' },
      { label: 'API tokens', to: 'tokens', icon: KeySquare, needs: 'listTokens' },
      { label: 'Usage', to: 'usage', icon: Gauge, needs: 'getUsage' },
      { label: 'Spend', to: 'spend', icon: Receipt, needs: 'getSpend' },
      { label: 'Audit', to: 'audit', icon: ShieldCheck, needs: 'listAudit' },
      { label: 'Settings', to: 'settings', icon: Settings, needs: 'getOwnTenant' },
    ],
  },
  {
    label: 'Operator',
    places: [
      { label: 'Tenants', to: 'operator/tenants', icon: Building2, needs: 'listTenants' },
      { label: 'Queue', to: 'operator/queue', icon: ListOrdered, needs: 'getQueue' },
      { label: 'Processes', to: 'operator/processes', icon: Cpu, needs: 'listProcesses' },
      { label: 'Installations', to: 'operator/installations', icon: PackageSearch, needs: 'listInstallations' },
      { label: 'Quarantines', to: 'operator/quarantines', icon: ShieldBan, needs: 'listQuarantines' },
      { label: 'Publishers', to: 'operator/publishers', icon: Signature, needs: 'listPublishers' },
      { label: 'Notices to operators', to: 'operator/notices', icon: Megaphone, needs: 'listOperatorNotices' },
      { label: 'Spend of all', to: 'operator/spend', icon: Receipt, needs: 'listSpend' },
      { label: 'Settings in force', to: 'operator/settings', icon: SlidersHorizontal, needs: 'listPlatformSettings' },
      { label: 'Platform', to: 'operator/platform', icon: HeartPulse, needs: 'listPlatformAudit' },
    ],
  },
];

import { Access, type Caller } from '@annex/access';
import { Execution } from '@annex/execution';
import type { Page, PageRequest } from '@annex/kernel';
import { Installations, pluginLogLevels } from '@annex/installations';
import { recordingLimits } from '@annex/limits';
import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, lookup, pageSchema, wholeListSchema } from '../http/input.js';
import { withActors } from '../http/named-actors.js';
import { readUpload } from '../http/upload.js';
import { nothing } from '../http/answers.js';
import {
  Job,
  PackageReport,
  PermissionsReport,
  Plugin,
  Release,
  ReleaseDetail,
  ReleaseDiff,
  SchedulePreview,
  UploadedPlugin,
} from '../views/plugins.js';
import { listOf } from '../views/shared.js';

const permissionNames = z.array(z.string().max(100)).max(50);
const enable = z.strictObject({ grant: z.union([z.literal('all'), permissionNames]).optional() });
const change = z.strictObject({ log_level: z.enum(pluginLogLevels) });
const recording = z.strictObject({
  minutes: z.int().min(1).max(recordingLimits.minutes).describe('From now on'),
});
const rollback = z.strictObject({ version: lookup(100) });
const against = z.object({
  from: lookup(100).default('active').describe('An id, a version, or `active`: what it is compared with'),
});
const granted = z.strictObject({ granted: permissionNames });
const leave = z.object({
  force: z.stringbool().default(false).describe('Also when other plugins depend on it; those stay on'),
  cascade: z.stringbool().default(false).describe('Plugins that depend on it are disabled first, in order'),
});
const jobChange = z.strictObject({
  paused: z.boolean().optional(),
  schedule: z.string().max(200).nullable().optional().describe('null: the manifest’s own'),
  timezone: z.string().max(64).nullable().optional().describe('null: the manifest’s own'),
});

const preview = z.object({
  schedule: z.string().max(200).optional().describe('Default: the one in force'),
  timezone: z.string().max(64).optional().describe('Default: the one in force'),
});

@ApiTags('Plugins')
@Controller('api/plugins')
export class PluginsController {
  constructor(
    private readonly installations: Installations,
    private readonly execution: Execution,
    private readonly access: Access,
  ) {}

  @Post('upload')
  @Endpoint({
    name: 'uploadPlugin',
    summary: 'Upload a package: a new plugin, or a new release of one',
    gate: 'developer',
    upload: true,
    callPoints: 20,
    description:
      '200 when the same bytes are live already. With `activate=false` the release is stored only, and made live ' +
      'by its own `activate`; a plugin’s first release is the active one all the same.',
    answers: { 200: UploadedPlugin, 201: UploadedPlugin },
  })
  async upload(
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UploadedPlugin> {
    const { bytes, ...terms } = await readUpload(request);
    const { created, plugin, ...rest } = await this.installations.upload(caller, bytes, terms);
    void reply.status(created ? 201 : 200);
    return { ...plugin, ...rest };
  }

  @Post('validate')
  @Endpoint({
    name: 'validatePlugin',
    summary: 'Check a package and store nothing',
    gate: 'developer',
    upload: true,
    callPoints: 20,
    answers: { 200: PackageReport },
  })
  async validate(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest): Promise<PackageReport> {
    const { bytes } = await readUpload(request);
    return this.installations.validate(bytes, caller.tenant.id);
  }

  @Get()
  @Endpoint({
    name: 'listPlugins',
    summary: 'The tenant’s plugins',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(Plugin) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<Plugin>> {
    return this.installations.list(caller, page);
  }

  @Get(':id')
  @Endpoint({ name: 'getPlugin', summary: 'One plugin, by id or slug', gate: 'viewer', answers: { 200: Plugin } })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Plugin> {
    return this.installations.get(caller, id);
  }

  @Patch(':id')
  @Endpoint({
    name: 'updatePlugin',
    summary: 'Say from which level on the lines of the plugin are kept',
    gate: 'admin',
    body: change,
    description: 'Lines of lower levels are not kept, from the next run on; of runs that are under way they are.',
    answers: { 200: Plugin },
  })
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(change)) body: z.infer<typeof change>,
  ): Promise<Plugin> {
    return this.installations.setLogLevel(caller, id, body.log_level);
  }

  @Post(':id/recording')
  @Endpoint({
    name: 'startRecording',
    summary: 'Keep what the plugin’s runs ask of the host, for a time',
    description:
      'Of runs that begin from now on `GET /api/runs/{id}/calls` tells each call with its arguments, answer and ' +
      'time: for `annex runs replay --local`, and to see what a run waited for. Secrets that the plugin has read are ' +
      'masked, as in its log; what a server answered it is kept as it came. Calling again begins the time anew.',
    gate: 'developer',
    body: recording,
    answers: { 200: Plugin },
  })
  record(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(recording)) { minutes }: z.infer<typeof recording>,
  ): Promise<Plugin> {
    return this.installations.setRecording(caller, id, minutes);
  }

  @Delete(':id/recording')
  @Endpoint({
    name: 'stopRecording',
    summary: 'Keep what the plugin’s runs ask of the host no more',
    description: 'What was recorded stays for seven days.',
    gate: 'developer',
    answers: { 200: Plugin },
  })
  stopRecording(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Plugin> {
    return this.installations.setRecording(caller, id, 0);
  }

  @Delete(':id')
  @Endpoint({
    name: 'deletePlugin',
    summary: 'Uninstall a plugin and erase what it kept',
    description:
      'It is `uninstalling` while its `onShutdown` and `onUninstall` run, for at most 10 seconds each. One that was ' +
      'cut off meanwhile goes on with the next call, or by itself after a minute.',
    gate: 'admin',
    query: leave,
    answers: { 204: nothing },
  })
  delete(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(leave)) query: z.infer<typeof leave>,
  ): Promise<void> {
    return this.installations.delete(caller, id, query);
  }

  @Post(':id/enable')
  @Endpoint({
    name: 'enablePlugin',
    summary: 'Enable a plugin, granting permissions with it',
    gate: 'admin',
    body: enable,
    answers: { 200: Plugin },
  })
  enable(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(enable)) body: z.infer<typeof enable>,
  ): Promise<Plugin> {
    return this.installations.enable(caller, id, body);
  }

  @Post(':id/disable')
  @Endpoint({
    name: 'disablePlugin',
    summary: 'Disable a plugin: its routes answer 409, its events and jobs rest',
    gate: 'admin',
    query: leave,
    answers: { 200: Plugin },
  })
  disable(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(leave)) query: z.infer<typeof leave>,
  ): Promise<Plugin> {
    return this.installations.disable(caller, id, query);
  }

  @Post(':id/reload')
  @Endpoint({
    name: 'reloadPlugin',
    summary: 'Throw warm isolates away and start afresh',
    gate: 'developer',
    answers: { 200: Plugin },
  })
  reload(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Plugin> {
    return this.installations.reload(caller, id);
  }

  @Get(':id/releases')
  @Endpoint({
    name: 'listReleases',
    summary: 'Every release that was uploaded',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(Release) },
  })
  async releases(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(pageSchema)) page: PageRequest,
  ): Promise<Page<Release>> {
    const { items, next_cursor } = await this.installations.releases(caller, id, page);
    return { items: await withActors(this.access, { caller, items }, ({ created_by: by }) => by), next_cursor };
  }

  @Get(':id/releases/:release')
  @Endpoint({
    name: 'getRelease',
    summary: 'One release: its manifest, the schema of its settings, what it brings, its files',
    description: '`release`: an id, a version, or `active`.',
    gate: 'viewer',
    answers: { 200: ReleaseDetail },
  })
  release(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('release') release: string,
  ): Promise<ReleaseDetail> {
    return this.installations.release(caller, id, release);
  }

  @Get(':id/releases/:release/diff')
  @Endpoint({
    name: 'diffReleases',
    summary: 'What a release would change: permissions, routes, jobs, settings, files',
    gate: 'viewer',
    query: against,
    answers: { 200: ReleaseDiff },
  })
  diff(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('release') release: string,
    @Query(input(against)) { from }: z.infer<typeof against>,
  ): Promise<ReleaseDiff> {
    return this.installations.diff(caller, id, { from, to: release });
  }

  @Post(':id/releases/:release/activate')
  @Endpoint({
    name: 'activateRelease',
    summary: 'Make a stored release the active one, at once where the plugin is enabled',
    gate: 'developer',
    answers: { 200: Plugin },
  })
  activate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('release') release: string,
  ): Promise<Plugin> {
    return this.installations.activate(caller, id, release);
  }

  @Post(':id/rollback')
  @Endpoint({
    name: 'rollbackPlugin',
    summary: 'Make an earlier release the active one',
    gate: 'admin',
    body: rollback,
    answers: { 200: Plugin },
  })
  rollback(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(rollback)) body: z.infer<typeof rollback>,
  ): Promise<Plugin> {
    return this.installations.rollback(caller, id, body);
  }

  @Get(':id/permissions')
  @Endpoint({
    name: 'getPluginPermissions',
    summary: 'Permissions asked for, granted and pending; where the code uses them, and when it last did',
    gate: 'viewer',
    answers: { 200: PermissionsReport },
  })
  async permissions(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PermissionsReport> {
    await this.execution.reader.settle(caller.tenant.id);
    return this.installations.permissions(caller, id);
  }

  @Put(':id/permissions')
  @Endpoint({
    name: 'setPluginPermissions',
    summary: 'Say which permissions are granted',
    gate: 'admin',
    body: granted,
    answers: { 200: PermissionsReport },
  })
  setPermissions(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(granted)) body: z.infer<typeof granted>,
  ): Promise<PermissionsReport> {
    return this.installations.setPermissions(caller, id, body);
  }

  @Get(':id/jobs')
  @Endpoint({
    name: 'listPluginJobs',
    summary: 'Jobs with their next runs and last run',
    gate: 'viewer',
    query: wholeListSchema,
    answers: { 200: listOf(Job) },
  })
  jobs(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Page<Job>> {
    return this.installations.jobs(caller, id);
  }

  @Patch(':id/jobs/:name')
  @Endpoint({
    name: 'updateJob',
    summary: 'Pause a job, or give it another schedule or zone',
    gate: 'admin',
    body: jobChange,
    answers: { 200: Job },
  })
  patchJob(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('name') name: string,
    @Body(input(jobChange)) body: z.infer<typeof jobChange>,
  ): Promise<Job> {
    return this.installations.patchJob(caller, id, name, body);
  }

  @Get(':id/jobs/:name/preview')
  @Endpoint({
    name: 'previewJobSchedule',
    summary: 'When a job would run with another schedule or zone; nothing is saved',
    gate: 'viewer',
    query: preview,
    answers: { 200: SchedulePreview },
    problems: [422],
  })
  previewSchedule(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('name') name: string,
    @Query(input(preview)) query: z.infer<typeof preview>,
  ): Promise<SchedulePreview> {
    return this.installations.previewSchedule(caller, id, { ...query, name });
  }
}

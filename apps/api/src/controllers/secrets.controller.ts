import { Access, type Caller } from '@annex/access';
import { Execution } from '@annex/execution';
import { Installations } from '@annex/installations';
import { didYouMean, parseId, quote, type Page } from '@annex/kernel';
import { restLimits } from '@annex/limits';
import { checkSecret, Vault } from '@annex/vault';
import { Webhooks } from '@annex/webhooks';
import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { input, wholeListSchema } from '../http/input.js';
import { withActors } from '../http/named-actors.js';
import { nothing } from '../http/answers.js';
import { listOf } from '../views/shared.js';
import { DeclaredSecret, Secret } from '../views/storage.js';

const value = z.string().describe('Up to 64 KiB; never shown again');
const hosts = z
  .array(z.string().min(1).max(255))
  .max(50)
  .optional()
  .describe('The only hosts that it may go to; code then does not get it');
const put = z.strictObject({ value, allowed_hosts: hosts });
const post = z.strictObject({ key: z.string().min(1).max(200), value, allowed_hosts: hosts });

/** Secrets go in and never come out. */
@ApiTags('Secrets')
@Controller('api')
export class SecretsController {
  constructor(
    private readonly vault: Vault,
    private readonly execution: Execution,
    private readonly webhooks: Webhooks,
    private readonly installations: Installations,
    private readonly access: Access,
  ) {}

  async #named(caller: Caller, items: readonly Secret[]): Promise<Page<Secret>> {
    return { items: await withActors(this.access, { caller, items }, ({ updated_by: by }) => by), next_cursor: null };
  }

  @Get('secrets')
  @Endpoint({
    name: 'listSecrets',
    summary: 'Names of the tenant-wide secrets',
    gate: 'developer',
    query: wholeListSchema,
    answers: { 200: listOf(Secret) },
  })
  async list(@CurrentCaller() caller: Caller): Promise<Page<Secret>> {
    return this.#named(caller, await this.vault.listFor(caller));
  }

  @Put('secrets/:name')
  @Endpoint({
    name: 'setSecret',
    summary: 'Set a tenant-wide secret; a plugin reads it only if its manifest names it',
    gate: 'admin',
    body: put,
    maxBodyBytes: restLimits.secretBodyBytes,
    answers: { 200: Secret },
  })
  async set(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body(input(put)) body: z.infer<typeof put>,
  ): Promise<Secret> {
    // Whose name no manifest could write is asked about nowhere.
    checkSecret({ name, value: body.value, allowedHosts: body.allowed_hosts });
    await this.webhooks.checkTenantSecret(caller, { name, value: body.value, allowedHosts: body.allowed_hosts });
    return this.vault.setFor(caller, { name, value: body.value, allowedHosts: body.allowed_hosts });
  }

  @Delete('secrets/:name')
  @Endpoint({ name: 'deleteSecret', summary: 'Remove a tenant-wide secret', gate: 'admin', answers: { 204: nothing } })
  delete(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<void> {
    return this.vault.deleteFor(caller, { name });
  }

  @Get('plugins/:id/secrets')
  @Endpoint({
    name: 'listPluginSecrets',
    summary: 'Names of a plugin’s secrets',
    gate: 'developer',
    query: wholeListSchema,
    answers: { 200: listOf(Secret) },
  })
  async listOfPlugin(@CurrentCaller() caller: Caller, @Param('id') plugin: string): Promise<Page<Secret>> {
    return this.#named(caller, await this.vault.listFor(caller, { plugin }));
  }

  @Get('plugins/:id/secrets/declared')
  @Endpoint({
    name: 'listDeclaredSecrets',
    summary: 'Secrets that a plugin’s active release names: which are set, and when each was last used',
    gate: 'developer',
    query: wholeListSchema,
    answers: { 200: listOf(DeclaredSecret) },
  })
  async listDeclared(@CurrentCaller() caller: Caller, @Param('id') plugin: string): Promise<Page<DeclaredSecret>> {
    await this.execution.reader.settle(caller.tenant.id);
    return { items: await this.installations.secrets(caller, plugin), next_cursor: null };
  }

  @Post('plugins/:id/secrets')
  @Endpoint({
    name: 'addPluginSecret',
    summary: 'Set a plugin’s secret, named in the body',
    gate: 'admin',
    body: post,
    maxBodyBytes: restLimits.secretBodyBytes,
    answers: { 200: Secret },
  })
  async add(
    @CurrentCaller() caller: Caller,
    @Param('id') plugin: string,
    @Body(input(post)) body: z.infer<typeof post>,
  ): Promise<Secret> {
    await this.#requireDeclared(caller, plugin, { name: body.key, pointer: '/key' });
    await this.webhooks.checkSecret(caller, plugin, {
      name: body.key,
      value: body.value,
      allowedHosts: body.allowed_hosts,
    });
    return this.vault.setFor(caller, { plugin, name: body.key, value: body.value, allowedHosts: body.allowed_hosts });
  }

  @Put('plugins/:id/secrets/:name')
  @Endpoint({
    name: 'setPluginSecret',
    summary: 'Set a plugin’s secret',
    gate: 'admin',
    body: put,
    maxBodyBytes: restLimits.secretBodyBytes,
    answers: { 200: Secret },
  })
  async setOfPlugin(
    @CurrentCaller() caller: Caller,
    @Param('id') plugin: string,
    @Param('name') name: string,
    @Body(input(put)) body: z.infer<typeof put>,
  ): Promise<Secret> {
    await this.#requireDeclared(caller, plugin, { name, pointer: '/name' });
    await this.webhooks.checkSecret(caller, plugin, { name, value: body.value, allowedHosts: body.allowed_hosts });
    return this.vault.setFor(caller, { plugin, name, value: body.value, allowedHosts: body.allowed_hosts });
  }

  @Delete('plugins/:id/secrets/:name')
  @Endpoint({
    name: 'deletePluginSecret',
    summary: 'Remove a plugin’s secret',
    gate: 'admin',
    answers: { 204: nothing },
  })
  deleteOfPlugin(
    @CurrentCaller() caller: Caller,
    @Param('id') plugin: string,
    @Param('name') name: string,
  ): Promise<void> {
    return this.vault.deleteFor(caller, { plugin, name });
  }

  /** A secret that the manifest does not name is read by nobody: most likely its name was misspelt. */
  async #requireDeclared(
    caller: Caller,
    plugin: string,
    { name, pointer }: { name: string; pointer: string },
  ): Promise<void> {
    const { snapshots } = this.execution;
    const id = parseId('installation', plugin);
    const snapshot = id ? await snapshots.getById(caller.tenant.id, id) : await snapshots.get(caller.tenant.id, plugin);
    // The vault says that there is no such plugin.
    const names = [...(snapshot?.secrets ?? []), ...(snapshot?.nextSecrets ?? [])];
    if (!snapshot || names.includes(name)) return;
    const detail =
      `${quote(name)} is not among the secrets of plugin.json, so the plugin could not read ` +
      `it.${didYouMean(name, names) || declared(names)}`;
    throw apiErrors.error('INVALID_INPUT', detail, { errors: [{ pointer, code: 'SECRET_UNDECLARED', detail }] });
  }
}

function declared(names: readonly string[]): string {
  return names.length === 0 ? ' It declares none.' : ` It declares ${names.slice(0, 20).join(', ')}.`;
}

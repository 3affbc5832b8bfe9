import { roleAtLeast, type Caller } from '@annex/access';
import {
  documentPatch,
  filterInput,
  newDocument,
  sortInput,
  tableName,
  type DocumentPatch,
  type Filter,
} from '@annex/host-api';
import { jsonShapeFault, quote, readJsonShape, type JsonObject, type Page } from '@annex/kernel';
import { tableErrors, Tables } from '@annex/tables';
import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { refuseInexactNumbers } from '../http/exact-body.js';
import { input, pageSchema, readInput, wholeListSchema } from '../http/input.js';
import { nothing } from '../http/answers.js';
import { listOf } from '../views/shared.js';
import { Row, TableList } from '../views/storage.js';

const rowQuery = pageSchema.extend({
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('Rows a page, 1 to 1000'),
  filter: z
    .string()
    .max(65_536)
    .optional()
    .describe('JSON, such as {"total":{"$gt":100}}: the filters of ctx.db.query'),
  order_by: z
    .string()
    .max(1024)
    .optional()
    .describe('A field, -field for descending, or several with commas. Default: oldest first'),
});

/** Rows of the tenant's tables, with the filters of `ctx.db`. */
@ApiTags('Data')
@Controller('api/data')
export class DataController {
  constructor(private readonly tables: Tables) {}

  @Get()
  @Endpoint({
    name: 'listTables',
    summary: 'The tables that can be read, and what the tenant keeps in its own',
    gate: 'viewer',
    query: wholeListSchema,
    answers: { 200: TableList },
    problems: [429],
  })
  async list(@CurrentCaller() caller: Caller): Promise<TableList> {
    return { ...(await this.tables.tables(caller.tenant)), next_cursor: null };
  }

  @Get(':table')
  @Endpoint({
    name: 'listRows',
    summary: 'Rows of a table',
    gate: 'viewer',
    query: rowQuery,
    description: 'The table `users` needs the role member. A table without rows, or one that nobody made, has none.',
    answers: { 200: listOf(Row) },
    problems: [413, 429],
  })
  rows(
    @CurrentCaller() caller: Caller,
    @Param('table') table: string,
    @Query(input(rowQuery)) { limit, cursor, filter, order_by: orderBy }: z.infer<typeof rowQuery>,
  ): Promise<Page<Row>> {
    requireReader(caller, table);
    return this.tables.list(caller.tenant, requireTable(table), {
      limit,
      cursor,
      ...(filter !== undefined && { filter: readFilterText(filter) }),
      ...(orderBy !== undefined && {
        orderBy: readAt(
          '/order_by',
          sortInput,
          orderBy.split(',').map((key) => key.trim()),
        ),
      }),
    });
  }

  @Post(':table')
  @Endpoint({
    name: 'insertRow',
    summary: 'Insert a row; the first one makes the table',
    gate: 'developer',
    body: newDocument,
    maxBodyBytes: Infinity,
    answers: { 201: Row },
    problems: [429],
  })
  insert(
    @CurrentCaller() caller: Caller,
    @Param('table') table: string,
    @Body(input(newDocument)) document: JsonObject,
  ): Promise<Row> {
    return this.tables.insert(caller.tenant, requireTable(table), document);
  }

  @Get(':table/:id')
  @Endpoint({
    name: 'getRow',
    summary: 'One row',
    gate: 'viewer',
    description: 'Of the table `users` for the role member.',
    answers: { 200: Row },
    problems: [413, 429],
  })
  async get(@CurrentCaller() caller: Caller, @Param('table') table: string, @Param('id') id: string): Promise<Row> {
    requireReader(caller, table);
    return (await this.tables.get(caller.tenant, requireTable(table), id)) ?? notFound(table, id);
  }

  @Patch(':table/:id')
  @Endpoint({
    name: 'updateRow',
    summary: 'Set fields of a row, or remove them with $unset',
    gate: 'developer',
    body: documentPatch,
    maxBodyBytes: Infinity,
    answers: { 200: Row },
    problems: [429],
  })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('table') table: string,
    @Param('id') id: string,
    @Body(input(documentPatch)) patch: DocumentPatch,
  ): Promise<Row> {
    return (await this.tables.update(caller.tenant, requireTable(table), id, patch)) ?? notFound(table, id);
  }

  @Delete(':table/:id')
  @Endpoint({
    name: 'deleteRow',
    summary: 'Delete a row',
    gate: 'developer',
    answers: { 204: nothing },
    problems: [429],
  })
  async delete(@CurrentCaller() caller: Caller, @Param('table') table: string, @Param('id') id: string): Promise<void> {
    if (!(await this.tables.delete(caller.tenant, requireTable(table), id))) notFound(table, id);
  }

  @Delete(':table')
  @Endpoint({
    name: 'deleteTable',
    summary: 'Delete a table with all of its rows',
    gate: 'admin',
    answers: { 204: nothing },
    problems: [429],
  })
  drop(@CurrentCaller() caller: Caller, @Param('table') table: string, @Req() request: FastifyRequest): Promise<void> {
    return this.tables.drop({ tenant: caller.tenant, actor: caller.actor, requestId: request.id }, requireTable(table));
  }
}

/** Who may not list the users at /api/users may not do so here. */
function requireReader(caller: Caller, table: string): void {
  if (table === 'users' && !roleAtLeast(caller.role, 'member'))
    throw apiErrors.error(
      'FORBIDDEN',
      `Reading users needs the role member; yours is ${caller.role}. Ask an admin of the tenant.`,
    );
}

function requireTable(name: string): string {
  if (!tableName.safeParse(name).success) {
    const detail = 'must be a table name: a-z first, then a-z, 0-9 and _, at most 63 characters';
    throw apiErrors.error('INVALID_INPUT', `${quote(name)} ${detail}.`, {
      errors: [{ pointer: '/table', code: 'INVALID_TABLE', detail }],
    });
  }
  return name;
}

function notFound(table: string, id: string): never {
  throw tableErrors.error('ROW_NOT_FOUND', `The table ${quote(table)} has no row ${quote(id)}.`);
}

function readFilterText(text: string): Filter {
  const fault = jsonShapeFault(readJsonShape(Buffer.from(text)));
  if (fault)
    throw apiErrors.error('INVALID_INPUT', `/filter: ${fault.detail}`, { errors: [{ pointer: '/filter', ...fault }] });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const detail = 'must be a JSON object, URL-encoded, such as {"status":"open"}';
    throw apiErrors.error('INVALID_INPUT', `/filter: ${detail}`, {
      errors: [{ pointer: '/filter', code: 'INVALID_JSON', detail }],
    });
  }
  refuseInexactNumbers(text, '/filter');
  return readAt('/filter', filterInput, json);
}

/** Reads a value of the query; its faults point into the parameter. */
function readAt<Schema extends z.ZodType>(
  pointer: '/filter' | '/order_by',
  schema: Schema,
  value: unknown,
): z.infer<Schema> {
  const name = pointer.slice(1);
  return readInput(z.object({ [name]: schema }), { [name]: value })[name] as z.infer<Schema>;
}

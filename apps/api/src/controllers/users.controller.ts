import type { Page, PageRequest } from '@annex/kernel';
import { Access, type Caller } from '@annex/access';
import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, pageSchema } from '../http/input.js';
import { roleSchema } from './auth.controller.js';
import { nothing } from '../http/answers.js';
import { User } from '../views/access.js';
import { listOf } from '../views/shared.js';

export const newPassword = z.string().min(8, { error: 'must be at least 8 characters' }).max(1024);
export const personName = z
  .string()
  .max(100)
  .nullable()
  .optional()
  .describe('What they are called; `null`: by their address');
const newUser = z.strictObject({
  email: z.email({ error: 'must be an e-mail address' }).max(320),
  name: personName,
  password: newPassword.optional(),
  role: roleSchema,
});
const userChange = newUser.partial().extend({
  current_password: z.string().max(1024).optional().describe('Your present password, to change your own'),
  end_tokens: z.boolean().optional().describe('With a new password: ends the user’s API tokens too. Default: false'),
});

@ApiTags('Users')
@Controller('api/users')
export class UsersController {
  constructor(private readonly access: Access) {}

  @Post()
  @Endpoint({
    name: 'createUser',
    summary: 'Add a user to the tenant',
    gate: 'admin',
    body: newUser,
    answers: { 201: User },
  })
  create(@CurrentCaller() caller: Caller, @Body(input(newUser)) body: z.infer<typeof newUser>): Promise<User> {
    return this.access.users.create(caller, body);
  }

  @Get()
  @Endpoint({
    name: 'listUsers',
    summary: 'The tenant’s users',
    gate: 'member',
    query: pageSchema,
    answers: { 200: listOf(User) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<User>> {
    return this.access.users.list(caller, page);
  }

  @Get(':id')
  @Endpoint({ name: 'getUser', summary: 'One user', gate: 'member', answers: { 200: User } })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<User> {
    return this.access.users.get(caller, id);
  }

  @Patch(':id')
  @Endpoint({
    name: 'updateUser',
    summary:
      'Change a user’s e-mail, name, password or role; everybody may change the own name and, with the present one, ' +
      'the own password',
    gate: 'viewer',
    body: userChange,
    answers: { 200: User },
  })
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(userChange))
    { current_password: currentPassword, end_tokens: endTokens, ...body }: z.infer<typeof userChange>,
  ): Promise<User> {
    return this.access.users.update(caller, id, { ...body, currentPassword, endTokens });
  }

  @Delete(':id')
  @Endpoint({ name: 'deleteUser', summary: 'Remove a user from the tenant', gate: 'admin', answers: { 204: nothing } })
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.access.users.delete(caller, id);
  }

  @Delete(':id/sessions')
  @Endpoint({
    name: 'endUserSessions',
    summary: 'End a user’s sign-ins in the tenant; API tokens stay',
    gate: 'admin',
    answers: { 204: nothing },
  })
  endSessions(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.access.users.endSessions(caller, id);
  }
}

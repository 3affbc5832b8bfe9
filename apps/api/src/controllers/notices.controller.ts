import type { Page, PageRequest } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { noticeLimits } from '@annex/limits';
import { noticeChannels, noticeKinds, Notices } from '@annex/notices';
import { Body, Controller, Delete, Get, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { nothing } from '../http/answers.js';
import { input, pageSchema } from '../http/input.js';
import { listOf } from '../views/shared.js';
import { Notice, NoticeRule, NoticeTest, SetNoticeRule } from '../views/notices.js';

const rule = z.strictObject({
  kinds: z.array(z.enum(noticeKinds)).min(1).max(noticeKinds.length),
  channel: z.enum(noticeChannels),
  to: z.array(z.string().max(255)).max(noticeLimits.recipients).optional().describe('Addresses, of mail'),
  url: z
    .string()
    .max(2048)
    .optional()
    .describe('Of the other channels; left out: as it is. Of Slack, that of an incoming webhook'),
  secret: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('What webhooks are signed with; left out: as it is, of a new rule a fresh one'),
  failures: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe(`Runs that fail for good in a row before a plugin is told of. Default ${noticeLimits.failures}`),
  max_per_hour: z
    .number()
    .int()
    .min(1)
    .max(noticeLimits.mostPerHour)
    .optional()
    .describe(`Messages within an hour; more changes wait for a digest. Default ${noticeLimits.perHour}`),
  enabled: z.boolean().optional().describe('Default true'),
});

/** Who of a tenant is told what. */
@ApiTags('Notices')
@Controller('api/notice-rules')
export class NoticeRulesController {
  constructor(private readonly notices: Notices) {}

  @Get()
  @Endpoint({
    name: 'listNoticeRules',
    summary: 'Rules by which people are told, by name',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(NoticeRule) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<NoticeRule>> {
    return this.notices.listRules(caller, page);
  }

  @Get(':name')
  @Endpoint({ name: 'getNoticeRule', summary: 'One rule', gate: 'viewer', answers: { 200: NoticeRule } })
  get(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<NoticeRule> {
    return this.notices.getRule(caller, name);
  }

  @Put(':name')
  @Endpoint({
    name: 'setNoticeRule',
    summary: 'Set a rule by which people are told, new or not',
    gate: 'admin',
    body: rule,
    description: '201 when it is new. What stands already is told within a minute.',
    answers: { 200: SetNoticeRule, 201: SetNoticeRule },
    problems: [409],
    shownOnce: ['secret'],
  })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body(input(rule)) { max_per_hour: maxPerHour, ...body }: z.infer<typeof rule>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SetNoticeRule> {
    const { created, ...view } = await this.notices.putRule(caller, name, { ...body, maxPerHour });
    void reply.status(created ? 201 : 200);
    return view;
  }

  @Delete(':name')
  @Endpoint({
    name: 'deleteNoticeRule',
    summary: 'Delete a rule; what it has not sent yet is not sent',
    gate: 'admin',
    answers: { 204: nothing },
  })
  delete(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<void> {
    return this.notices.deleteRule(caller, name);
  }

  @Post(':name/test')
  @Endpoint({
    name: 'testNoticeRule',
    summary: 'Send a message that says that it is a test',
    gate: 'admin',
    callPoints: 100,
    answers: { 200: NoticeTest },
  })
  test(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<NoticeTest> {
    return this.notices.testRule(caller, name);
  }
}

/** What a tenant's people were told. */
@ApiTags('Notices')
@Controller('api/notices')
export class NoticesController {
  constructor(private readonly notices: Notices) {}

  @Get()
  @Endpoint({
    name: 'listNotices',
    summary: 'What the tenant’s rules told, newest first',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(Notice) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<Notice>> {
    return this.notices.list(caller, page);
  }
}

/** What operators were told. */
@ApiTags('Operations')
@Controller('api/operator/notices')
export class OperatorNoticesController {
  constructor(private readonly notices: Notices) {}

  @Get()
  @Endpoint({
    name: 'listOperatorNotices',
    summary: 'What operators were told of all tenants, newest first',
    gate: 'operator',
    query: pageSchema,
    answers: { 200: listOf(Notice) },
  })
  list(@Query(input(pageSchema)) page: PageRequest): Promise<Page<Notice>> {
    return this.notices.listOfOperators(page);
  }
}

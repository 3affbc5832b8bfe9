/** Services, and what cannot be. */
export const services = [
  // Services
  {
    name: 'axios',
    version: '1.21.1',
    head: `import axios from 'axios'`,
    run: `(await axios.get('https://api.example/x', { params: { q: 1 } })).data`,
    http: true,
    want: { url: 'https://api.example/x?q=1', method: 'GET' },
    note: 'by its adapter for fetch',
  },
  {
    name: 'ky',
    version: '2.1.0',
    head: `import ky from 'ky'`,
    run: `await ky.post('https://api.example/x', { json: { a: 1 } }).json()`,
    http: true,
    want: { url: 'https://api.example/x', method: 'POST' },
  },
  {
    name: 'ofetch',
    version: '1.5.1',
    head: `import { ofetch } from 'ofetch'`,
    run: `await ofetch('https://api.example/x')`,
    http: true,
    want: { url: 'https://api.example/x', method: 'GET' },
  },
  {
    name: 'openai',
    version: '7.59.0',
    head: `import OpenAI from 'openai'`,
    run: `(await new OpenAI({ apiKey: 'k', baseURL: 'https://api.example/v1' }).models.list()).body ? 'listed' : ''`,
    http: () => ({ object: 'list', data: [] }),
    want: 'listed',
  },
  {
    name: '@anthropic-ai/sdk',
    version: '1.14.0',
    head: `import Anthropic from '@anthropic-ai/sdk'`,
    run: `(
        await new Anthropic({ apiKey: 'k', baseURL: 'https://api.example' }).messages.create({
          model: 'm',
          max_tokens: 1,
          messages: [{ role: 'user', content: 'hi' }],
        })
      ).content[0].text`,
    http: () => ({ type: 'message', content: [{ type: 'text', text: 'hello' }] }),
    want: 'hello',
  },
  {
    name: 'stripe',
    version: '23.1.0',
    head: `import Stripe from 'stripe'`,
    run: `[
        (
          await new Stripe('sk_test_x', {
            host: 'api.example',
            httpClient: Stripe.createFetchHttpClient(),
          }).customers.create({ email: 'a@b.de' })
        ).id,
        (
          await new Stripe('k').webhooks.generateTestHeaderStringAsync({ payload: '{}', secret: 's', timestamp: 1 })
        ).slice(0, 4),
      ]`,
    http: () => ({ id: 'cus_1' }),
    want: ['cus_1', 't=1,'],
    note: 'with `Stripe.createFetchHttpClient()`, and the `…Async` functions for webhooks',
  },
  {
    name: '@slack/web-api',
    version: '8.2.0',
    head: `import { WebClient } from '@slack/web-api'`,
    run: `(
        await new WebClient('xoxb-1', { slackApiUrl: 'https://api.example/' }).chat.postMessage({
          channel: 'c',
          text: 't',
        })
      ).ts`,
    http: () => ({ ok: true, ts: '1.2' }),
    want: '1.2',
    note: 'uploads from a path fail when they are called',
  },
  {
    name: '@octokit/rest',
    version: '22.0.1',
    head: `import { Octokit } from '@octokit/rest'`,
    run: `(await new Octokit({ baseUrl: 'https://api.example' }).repos.get({ owner: 'a', repo: 'b' })).data.url`,
    http: true,
    want: 'https://api.example/repos/a/b',
  },
  {
    name: '@supabase/supabase-js',
    version: '2.119.1',
    head: `import { createClient } from '@supabase/supabase-js'`,
    run: `(
        await createClient('https://api.example', 'k', { realtime: { transport: class {} } })
          .from('t')
          .select()
      ).data.method`,
    http: true,
    want: 'GET',
    note: 'there is no WebSocket: give `realtime.transport` a class of your own',
  },
  {
    name: '@notionhq/client',
    version: '5.26.0',
    head: `import { Client } from '@notionhq/client'`,
    run: `(await new Client({ auth: 'k', baseUrl: 'https://api.example' }).users.list({})).method`,
    http: true,
    want: 'GET',
  },
  {
    name: 'resend',
    version: '6.38.0',
    head: `import { Resend } from 'resend'`,
    run: `(await new Resend('re_1', { baseUrl: 'https://api.example' }).domains.list()).data.method`,
    http: true,
    test: (value) => value === 'GET',
  },
  {
    name: '@sendgrid/mail',
    version: '8.1.6',
    head: `import sg from '@sendgrid/mail'`,
    run: `await (async () => {
        sg.setApiKey('SG.x');
        const c = sg.client;
        c.setDefaultRequest('baseUrl', 'https://api.example/');
        return (await sg.send({ to: 'a@b.de', from: 'b@c.de', subject: 's', text: 't' }))[0].statusCode;
      })()`,
    http: () => ({}),
    want: 200,
    note: 'attachments from a path fail when they are called',
  },
  // What cannot be
  {
    name: 'ioredis',
    version: '6.0.0',
    head: `import Redis from 'ioredis'`,
    run: `typeof Redis`,
    refused: '"net" is a module of Node',
    note: 'use `ctx.kv`',
  },
  {
    name: 'pg',
    version: '8.23.1',
    head: `import pg from 'pg'`,
    run: `typeof pg.Client`,
    refused: 'is a module of Node',
    note: 'use `ctx.db`',
  },
  {
    name: 'nodemailer',
    version: '10.6.1',
    head: `import nodemailer from 'nodemailer'`,
    run: `typeof nodemailer`,
    refused: 'is a module of Node',
    note: 'use `ctx.email`',
  },
  {
    name: 'express',
    version: '5.3.0',
    head: `import express from 'express'`,
    run: `typeof express`,
    refused: 'is a module of Node',
    note: 'use `route`',
  },
];

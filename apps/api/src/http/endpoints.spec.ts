import { Controller, Get } from '@nestjs/common';
import { expect, it } from 'vitest';
import { nothing, type Answers } from './answers.js';
import { Endpoint } from './endpoint.js';
import { readEndpoints } from './endpoints.js';

/** An application that has these controllers. */
const appOf = (...types: (new () => object)[]): Parameters<typeof readEndpoints>[0] => {
  const controllers = new Map(types.map((metatype) => [metatype, { metatype, instance: new metatype() }]));
  return { get: () => new Map([['module', { controllers }]]) } as never;
};

function controllerOf(name: string, answers: Answers): new () => object {
  @Controller('things')
  class Things {
    @Get()
    @Endpoint({ name, summary: 'Things', gate: 'viewer', answers })
    list(): undefined {
      return undefined;
    }

    /** Answers nobody: no route leads here. */
    help(): void {}
  }
  return Things;
}

it('finds every endpoint by its name', () => {
  const app = appOf(controllerOf('listThings', { 204: nothing }), controllerOf('getThing', { 204: nothing }));
  expect([...readEndpoints(app).keys()]).toEqual(['listThings', 'getThing']);
});

it('lets no program start with an endpoint that says not enough of itself', () => {
  class Bare {
    @Get('bare')
    list(): void {}
  }
  expect(() => readEndpoints(appOf(Bare))).toThrow('Bare.list names no gate');
  expect(() => readEndpoints(appOf(controllerOf('listThings', {})))).toThrow('nothing of what it answers');
  const twice = controllerOf('listThings', { 204: nothing });
  expect(() => readEndpoints(appOf(twice, controllerOf('listThings', { 204: nothing })))).toThrow('called listThings');
});

import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { descriptionOf, type Description } from './endpoint.js';

/**
 * Every endpoint of the controllers, by its name. Throws for one without `@Endpoint`, without answers, or with the name
 * of another: mistakes to find at start, not in production.
 */
export function readEndpoints(app: Pick<INestApplication, 'get'>): Map<string, Description> {
  const endpoints = new Map<string, Description>();
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  for (const { instance, metatype } of controllers) {
    const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const handler = prototype[name];
      if (name === 'constructor' || typeof handler !== 'function' || !Reflect.hasMetadata('path', handler)) continue;
      const where = `${metatype?.name}.${name}`;
      const description = descriptionOf(handler);
      if (!description) throw new Error(`${where} names no gate: add @Endpoint({ name, gate, … })`);
      if (Object.keys(description.answers).length === 0) throw new Error(`${where} says nothing of what it answers`);
      if (endpoints.has(description.name)) throw new Error(`${where}: another endpoint is called ${description.name}`);
      endpoints.set(description.name, description);
    }
  }
  return endpoints;
}

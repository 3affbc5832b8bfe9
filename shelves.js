/**
 * The architecture as a table: shelves from the bottom up, as docs/architecture.md draws them. A project may import
 * what
 * stands on a lower shelf, and on its own shelf only what is listed beside its name.
 *
 * This is the one place that says so: Nx takes each project's tags from here (scripts/nx-projects.mjs), ESLint makes
 * the
 * boundary rule of it, and scripts/graph.spec.ts compares it with the graph that Nx reads off the sources.
 */
export const shelves = [
  { name: 'kernel', folder: 'libs', projects: { kernel: [] } },
  {
    name: 'domain',
    folder: 'libs',
    projects: {
      limits: [],
      'host-api': ['limits'],
      events: ['limits', 'host-api'],
      scheduling: ['limits'],
      signing: ['limits'],
      manifest: ['host-api', 'events', 'scheduling', 'limits'],
    },
  },
  { name: 'engines', folder: 'libs', projects: { sandbox: [], egress: [], broker: [], templates: [], connectors: [] } },
  { name: 'adapters', folder: 'libs', projects: { database: [], queue: [] } },
  {
    name: 'records',
    folder: 'libs',
    projects: { audit: [], quotas: [], spend: ['quotas'], runs: ['audit'] },
  },
  {
    name: 'services',
    folder: 'libs',
    projects: {
      access: [],
      vault: [],
      installations: [],
      execution: ['installations'],
      catalogue: ['installations'],
      dispatch: [],
      files: [],
      mail: [],
      llm: [],
      mappings: [],
      settings: ['installations', 'dispatch'],
      tables: [],
      webhooks: [],
      operations: ['installations', 'dispatch'],
      sources: ['installations', 'execution', 'dispatch', 'webhooks'],
      notices: ['dispatch', 'webhooks'],
      'saved-views': [],
      archives: ['access', 'files', 'vault'],
    },
  },
  // The client talks to an Annex and imports nothing of it, so that others can install it.
  { name: 'sdk', folder: 'libs', projects: { sdk: [], client: [] }, alone: ['client'] },
  {
    name: 'apps',
    folder: 'apps',
    projects: {
      executor: [],
      compiler: [],
      worker: [],
      api: [],
      annex: ['worker', 'api'],
      cli: ['sdk', 'client'],
      console: ['client'],
    },
    // The command line is installed where no Annex is: it is made of the two packages that are installed with it. The
    // console runs in a browser, and knows the API only.
    alone: ['cli', 'console'],
  },
  { name: 'proof', folder: '.', projects: { examples: [], test: [], bench: [] } },
];

/**
 * Every project: its shelf, its folder, and what it may import (all of the shelves below, and single projects beside).
 */
export const projects = shelves.flatMap((shelf, level) =>
  Object.entries(shelf.projects).map(([name, beside]) => ({
    name,
    shelf: shelf.name,
    root: shelf.folder === '.' ? name : `${shelf.folder}/${name}`,
    below: shelf.alone?.includes(name) ? [] : shelves.slice(0, level).map((lower) => lower.name),
    beside,
  })),
);

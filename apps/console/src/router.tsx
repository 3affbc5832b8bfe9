import { AnnexProblem, type Profile } from '@annex/client';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
  type AnyRoute,
  type RouterHistory,
} from '@tanstack/react-router';
import { queryClient } from './api/query-client';
import { lastTenant, placeIn, profileQuery, rememberTenant } from './api/session';
import { readFilters } from './parts/filters';
import { Waiting } from './parts/page';
import { Broken, Lost } from './shell/lost';
import { Shell } from './shell/shell';

const root = createRootRoute({ component: Outlet, notFoundComponent: Lost, errorComponent: Broken });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('./screens/account/sign-in'), 'SignIn'),
});

/** Where the identity provider sends the browser back to. */
const oidc = createRoute({
  getParentRoute: () => root,
  path: '/oidc',
  component: lazyRouteComponent(() => import('./screens/account/finish-oidc'), 'FinishOidc'),
});

/** Everything behind the sign-in; whoever is not signed in comes back to where they wanted to go. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  async beforeLoad({ location }) {
    try {
      return { profile: await queryClient.ensureQueryData(profileQuery) };
    } catch (thrown) {
      if (!(thrown instanceof AnnexProblem) || thrown.status !== 401) throw thrown;
      throw redirect({ to: '/sign-in', search: { to: location.href } as never });
    }
  },
  component: Outlet,
  errorComponent: Broken,
});

const start = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad({ context }: { context: { profile: Profile } }) {
    const slug = lastTenant(context.profile);
    throw redirect({ to: slug === undefined ? '/tenants' : `/t/${slug}` });
  },
});

const pickTenant = createRoute({
  getParentRoute: () => signedIn,
  path: '/tenants',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('./screens/account/pick-tenant'), 'PickTenant'),
});

const tenant = createRoute({
  getParentRoute: () => signedIn,
  path: '/t/$tenant',
  beforeLoad({ context, params }: { context: { profile: Profile }; params: { tenant: string } }) {
    const place = placeIn(context.profile, params.tenant);
    if (!place) throw notFound();
    rememberTenant(place.slug);
    return { place };
  },
  component: Shell,
  notFoundComponent: Lost,
});

type Screens = Record<string, [load: () => Promise<Record<string, unknown>>, name: string]>;

/** The screens of a tenant by their paths. Each is loaded when it is first opened. */
const screens: Screens = {
  '/': [() => import('./screens/overview/overview'), 'Overview'],
  '/plugins': [() => import('./screens/plugins/plugins'), 'Plugins'],
  '/plugins/install': [() => import('./screens/plugins/install'), 'Install'],
  '/plugins/$slug': [() => import('./screens/plugins/plugin'), 'PluginScreen'],
  '/plugins/$slug/$tab': [() => import('./screens/plugins/plugin'), 'PluginScreen'],
  '/catalogue': [() => import('./screens/catalogue/catalogue'), 'Catalogue'],
  '/catalogue/$slug': [() => import('./screens/catalogue/entry'), 'CatalogueEntry'],
  '/runs': [() => import('./screens/runs/runs'), 'Runs'],
  '/runs/$id': [() => import('./screens/runs/run'), 'RunScreen'],
  '/jobs': [() => import('./screens/jobs/jobs'), 'Jobs'],
  '/events': [() => import('./screens/events/events'), 'Events'],
  '/events/$id': [() => import('./screens/events/event'), 'EventScreen'],
  '/alerts': [() => import('./screens/alerts/alerts'), 'Alerts'],
  '/notices': [() => import('./screens/notices/notices'), 'Notices'],
  '/sources': [() => import('./screens/sources/sources'), 'Sources'],
  '/sources/$name': [() => import('./screens/sources/source'), 'SourceScreen'],
  '/mappings': [() => import('./screens/mappings/mappings'), 'Mappings'],
  '/mappings/$name': [() => import('./screens/mappings/mapping'), 'MappingScreen'],
  '/new-mapping': [() => import('./screens/mappings/mapping'), 'NewMapping'],
  '/agents': [() => import('./screens/agents/agents'), 'Agents'],
  '/questions/$id': [() => import('./screens/agents/question'), 'QuestionScreen'],
  '/dead-letters': [() => import('./screens/dead-letters/dead-letters'), 'DeadLetters'],
  '/logs': [() => import('./screens/logs/logs'), 'Logs'],
  '/webhooks': [() => import('./screens/webhooks/webhooks'), 'Webhooks'],
  '/webhooks/$tab': [() => import('./screens/webhooks/webhooks'), 'Webhooks'],
  '/endpoints/$id': [() => import('./screens/webhooks/webhook'), 'WebhookScreen'],
  '/deliveries/$id': [() => import('./screens/webhooks/delivery'), 'DeliveryScreen'],
  '/data': [() => import('./screens/data/tables'), 'Tables'],
  '/data/$table': [() => import('./screens/data/table'), 'TableScreen'],
  '/files': [() => import('./screens/files/files'), 'Files'],
  '/mail': [() => import('./screens/mail/mail'), 'MailScreen'],
  '/mail/$id': [() => import('./screens/mail/mail'), 'MailScreen'],
  '/team': [() => import('./screens/tenant/team'), 'Team'],
  '/tokens': [() => import('./screens/tenant/tokens'), 'Tokens'],
  '/secrets': [() => import('./screens/tenant/secrets'), 'Secrets'],
  '/audit': [() => import('./screens/tenant/audit'), 'Audit'],
  '/tree': [() => import('./screens/tenant/tree'), 'SettingsTree'],
  '/usage': [() => import('./screens/tenant/usage'), 'UsageScreen'],
  '/spend': [() => import('./screens/spend/spend'), 'Spend'],
  '/settings': [() => import('./screens/tenant/settings'), 'Settings'],
  '/operator/tenants': [() => import('./screens/operator/tenants'), 'OperatorTenants'],
  '/operator/tenants/$slug': [() => import('./screens/operator/tenant'), 'OperatorTenant'],
  '/operator/queue': [() => import('./screens/operator/queue'), 'QueueScreen'],
  '/operator/processes': [() => import('./screens/operator/processes'), 'Processes'],
  '/operator/installations': [() => import('./screens/operator/installations'), 'Installations'],
  '/operator/quarantines': [() => import('./screens/operator/quarantines'), 'Quarantines'],
  '/operator/publishers': [() => import('./screens/operator/publishers'), 'PublishersScreen'],
  '/operator/notices': [() => import('./screens/operator/notices'), 'OperatorNotices'],
  '/operator/spend': [() => import('./screens/spend/spend'), 'OperatorSpend'],
  '/operator/settings': [() => import('./screens/operator/settings'), 'PlatformSettings'],
  '/operator/platform': [() => import('./screens/operator/platform'), 'Platform'],
  '/profile': [() => import('./screens/account/profile'), 'Profile'],
};

const screenRoutes = Object.entries(screens).map(([path, [load, name]]) =>
  createRoute({
    getParentRoute: () => tenant,
    path,
    validateSearch: readFilters,
    component: lazyRouteComponent(load as () => Promise<Record<string, () => React.ReactNode>>, name),
  }),
);

const routeTree = root.addChildren([
  signIn,
  oidc,
  signedIn.addChildren([start, pickTenant, tenant.addChildren(screenRoutes as AnyRoute[])]),
]);

/** `history`: where addresses are kept. Default: in the browser's bar. */
export const makeRouter = (history?: RouterHistory) =>
  createRouter({
    routeTree,
    ...(history && { history }),
    basepath: '/console',
    defaultPreload: 'intent',
    defaultPendingComponent: Waiting,
    defaultErrorComponent: Broken,
    scrollRestoration: true,
    // Texts alone, so that an address reads as it was meant: `?status=failed`.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch(search) {
      const pairs = Object.entries(search as Record<string, unknown>).flatMap(([name, value]) =>
        value === undefined || value === '' ? [] : [[name, String(value)]],
      );
      return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
    },
  });

import type { Route } from '@annex/client';
import { Button, Group, Modal, Select, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import RouteIcon from 'lucide-react/icons/route';
import { useState, type ReactNode } from 'react';
import { roles } from '../../../api/session';
import { useTenant } from '../../../api/tenant';
import { JsonEditor } from '../../../parts/code';
import { CopyIcon } from '../../../parts/copy';
import { Empty } from '../../../parts/empty';
import { Section } from '../../../parts/page';
import { Problem } from '../../../parts/problem';
import { Status, Tag } from '../../../parts/status';
import { lengthOf } from '../../../parts/when';
import { Go } from '../../../shell/go';
import classes from '../../../parts/items.module.css';
import type { TabProps } from '../plugin';
import { callRoute, type RouteCall } from '../call-route';

/** The routes of a plugin, and calling one. */
export default function RoutesTab({ plugin }: TabProps): ReactNode {
  const [tried, setTried] = useState<{ route: Route; method: string }>();
  const { can } = useTenant();
  return (
    <Section flush>
      {plugin.routes.length === 0 && (
        <Empty icon={<RouteIcon size={22} />} title="It answers no requests">
          A plugin with <code>&quot;routes&quot;: true</code> registers them with <code>route(path, handler)</code>;
          they answer below <code>/ext/{plugin.slug}/</code>.
        </Empty>
      )}
      {plugin.routes.map((route) => (
        <div key={`${route.methods.join()} ${route.path}`} className={classes.item}>
          <div className={classes.name}>
            {route.methods.map((method) => (
              <Tag key={method} tone="busy">
                {method}
              </Tag>
            ))}
            <code>
              /ext/{plugin.slug}
              {route.path}
            </code>
            <CopyIcon text={`${location.origin}/ext/${plugin.slug}${route.path}`} what="address" />
            <Tag>{authText(route.auth)}</Tag>
            {route.roles?.map((role) => (
              <Tag key={role}>{role}</Tag>
            ))}
          </div>
          {can('createToken') && plugin.status === 'enabled' && (
            <Button variant="default" size="xs" onClick={() => setTried({ route, method: route.methods[0] ?? 'GET' })}>
              Try it
            </Button>
          )}
        </div>
      ))}
      {tried && <TryRoute slug={plugin.slug} {...tried} onClose={() => setTried(undefined)} />}
    </Section>
  );
}

function authText(auth: unknown): string {
  if (typeof auth === 'string') return auth === 'public' ? 'anybody' : `${auth}s`;
  return `signed: ${Object.keys((auth ?? {}) as object).join(', ')}`;
}

function TryRoute({
  slug,
  route,
  method: first,
  onClose,
}: {
  slug: string;
  route: Route;
  method: string;
  onClose: () => void;
}): ReactNode {
  const { annex, role: own } = useTenant();
  const [method, setMethod] = useState(first);
  const [path, setPath] = useState(route.path);
  const [body, setBody] = useState('{}');
  const [role, setRole] = useState<string>(own);
  const called = useMutation({ mutationFn: (call: RouteCall) => callRoute(annex, call) });
  const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'DELETE';
  const allowed = roles.slice(0, roles.indexOf(own) + 1);
  return (
    <Modal opened onClose={onClose} size="lg" title="Try a route">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          called.mutate({ slug, method, path, role: role as RouteCall['role'], body: hasBody ? body : undefined });
        }}
      >
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <Select
            w={110}
            label="Method"
            data={route.methods}
            value={method}
            onChange={(value) => setMethod(value ?? first)}
          />
          <TextInput
            style={{ flex: 1 }}
            label="Path"
            value={path}
            className="mono"
            data-autofocus
            onChange={(event) => setPath(event.currentTarget.value)}
          />
          <Select w={130} label="As" data={allowed} value={role} onChange={(value) => setRole(value ?? own)} />
        </Group>
        {hasBody && <JsonEditor value={body} onChange={setBody} label="Body" />}
        <Button type="submit" w="fit-content" loading={called.isPending}>
          Call it
        </Button>
        {called.error && <Problem error={called.error} />}
        {called.data && (
          <div className="stack" style={{ gap: '0.5rem' }}>
            <div className="line">
              <Status
                of={String(called.data.status)}
                tone={called.data.status < 400 ? 'good' : 'bad'}
                label={`${called.data.status} ${called.data.statusText}`}
              />
              <span className="quiet">{lengthOf(called.data.tookMs)}</span>
              <span className="quiet">{called.data.type}</span>
              <Go to="runs" search={{ plugin: slug, kind: 'route' }}>
                Its runs
              </Go>
            </div>
            <pre className={classes.answer} tabIndex={0} aria-label="Answer">
              {called.data.text}
            </pre>
          </div>
        )}
      </form>
    </Modal>
  );
}

import { MantineProvider, mergeThemeOverrides, type MantineColorsTuple } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useMemo, type ReactNode } from 'react';
import { queryClient } from './api/query-client';
import { styleNonce } from './nonce';
import type { makeRouter } from './router';
import { cssVariables, theme } from './theme';

/** What stands around everything: colours, what was asked of the API, messages. */
export function App({
  router,
  shades,
  scheme,
  children,
}: {
  /** Default: `children` are shown in the place of screens. */
  router?: ReturnType<typeof makeRouter>;
  /** Ten shades of the colour of buttons and links. Default: the console's own. */
  shades?: MantineColorsTuple;
  /** Default: what the reader chose, or their system. */
  scheme?: 'light' | 'dark';
  children?: ReactNode;
}): ReactNode {
  const own = useMemo(() => (shades ? mergeThemeOverrides(theme, { colors: { annex: shades } }) : theme), [shades]);
  return (
    <MantineProvider
      theme={own}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      {...(scheme && { forceColorScheme: scheme })}
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        {router ? <RouterProvider router={router} /> : children}
        <Notifications position="bottom-right" limit={4} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './styles.css';
import { StrictMode, type ReactNode } from 'react';
import { setNonce } from 'get-nonce';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { styleNonce } from './nonce';
import { makeRouter } from './router';

// Of the parts below Mantine, which lock the page behind a dialog with a style of their own.
setNonce(styleNonce());

/** The console, or the few screens of it that somebody embeds. */
async function content(): Promise<ReactNode> {
  if (location.pathname !== '/portal') return <App router={makeRouter()} />;
  const { openPortal } = await import('./portal/portal');
  return openPortal();
}

// Not awaited here: the portal's file imports what stands in this one, and would wait for it to end.
const root = document.getElementById('root');
if (root) void content().then((shown) => createRoot(root).render(<StrictMode>{shown}</StrictMode>));

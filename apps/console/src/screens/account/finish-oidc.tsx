import { Anchor } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, type ReactNode } from 'react';
import { annexOf } from '../../api/client';
import { Waiting } from '../../parts/page';
import { Problem } from '../../parts/problem';
import classes from './account.module.css';
import { keptWayBack, useWayBack } from './way-back';

/** The page that the identity provider sends the browser back to: it finishes the sign-in. */
export function FinishOidc(): ReactNode {
  const goBack = useWayBack();
  useDocumentTitle('Signing in · Annex');
  const { mutate, error } = useMutation({
    mutationFn: (parameters: string) => annexOf().finishOidcSignIn({ body: { parameters } }),
    onSuccess: () => goBack(keptWayBack()),
  });
  const sent = useRef(false);
  useEffect(() => {
    // An answer of the provider is good once.
    if (sent.current) return;
    sent.current = true;
    const parameters = location.search.slice(1);
    // Nothing of it stays in the address bar or the history.
    history.replaceState(history.state, '', location.pathname);
    mutate(parameters === '' ? 'none' : parameters);
  }, [mutate]);
  return (
    <main className={classes.stage}>
      <div className={classes.card}>
        <img src="/console/icon.svg" alt="" width={40} height={40} />
        <h1>{error ? 'Not signed in' : 'Signing in'}</h1>
        {error ? (
          <div className={classes.form}>
            <Problem error={error} />
            <Anchor component={Link} to="/sign-in" size="sm">
              Back to signing in
            </Anchor>
          </div>
        ) : (
          <Waiting />
        )}
      </div>
    </main>
  );
}

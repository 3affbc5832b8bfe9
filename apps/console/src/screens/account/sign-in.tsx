import { AnnexProblem } from '@annex/client';
import { Alert, Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { annexOf } from '../../api/client';
import { useFilters } from '../../parts/filters';
import { Problem } from '../../parts/problem';
import classes from './account.module.css';
import { OidcButton } from './oidc-button';
import { useWayBack } from './way-back';

/** Signing in with a password, and asking for a new one. */
export function SignIn(): ReactNode {
  const { filters } = useFilters();
  const [isForgotten, setForgotten] = useState(false);
  useDocumentTitle('Sign in · Annex');
  return (
    <main className={classes.stage}>
      <div className={classes.card}>
        <img src="/console/icon.svg" alt="" width={40} height={40} />
        <h1>{isForgotten ? 'A new password' : 'Sign in to Annex'}</h1>
        {filters['ended'] !== undefined && !isForgotten && (
          <Alert color="gray" variant="outline" mb="md">
            Your session has ended. You come back to where you were.
          </Alert>
        )}
        {isForgotten ? (
          <Forgotten onBack={() => setForgotten(false)} />
        ) : (
          <div className={classes.form}>
            <Password to={filters['to']} onForgotten={() => setForgotten(true)} />
            <OidcButton to={filters['to']} isSignedOut={filters['out'] !== undefined} />
          </div>
        )}
      </div>
    </main>
  );
}

function Password({ to, onForgotten }: { to: string | undefined; onForgotten: () => void }): ReactNode {
  const goBack = useWayBack();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const sent = useMutation({
    mutationFn: () => annexOf().beginBrowserSession({ body: { email, password } }),
    onSuccess: () => goBack(to),
  });
  const isWrong = sent.error instanceof AnnexProblem && sent.error.code === 'INVALID_CREDENTIALS';
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        sent.mutate();
      }}
    >
      <TextInput
        label="E-mail address"
        type="email"
        name="email"
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={isWrong ? 'No account has this address and password.' : undefined}
      />
      {sent.error && !isWrong && <Problem error={sent.error} />}
      <Button type="submit" size="md" fullWidth loading={sent.isPending}>
        Sign in
      </Button>
      <Anchor component="button" type="button" size="sm" onClick={onForgotten}>
        I do not know my password
      </Anchor>
    </form>
  );
}

function Forgotten({ onBack }: { onBack: () => void }): ReactNode {
  const [email, setEmail] = useState('');
  const sent = useMutation({ mutationFn: () => annexOf().requestPasswordReset({ body: { email } }) });
  if (sent.data)
    return (
      <div className={classes.form}>
        <p>
          If there is an account for {email}, a mail with a link is on its way. The link works once, for{' '}
          {Math.round(sent.data.valid_for_s / 60)} minutes.
        </p>
        <Button variant="default" onClick={onBack}>
          Back to signing in
        </Button>
      </div>
    );
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        sent.mutate();
      }}
    >
      <TextInput
        label="E-mail address"
        type="email"
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      {sent.error && <Problem error={sent.error} />}
      <Button type="submit" size="md" loading={sent.isPending}>
        Send me a link
      </Button>
      <Anchor component="button" type="button" size="sm" onClick={onBack}>
        Back to signing in
      </Anchor>
    </form>
  );
}

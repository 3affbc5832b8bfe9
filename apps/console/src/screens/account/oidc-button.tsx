import { Anchor, Button, Divider } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import LogIn from 'lucide-react/icons/log-in';
import type { ReactNode } from 'react';
import { annexOf } from '../../api/client';
import { Problem } from '../../parts/problem';
import classes from './account.module.css';
import { keepWayBack } from './way-back';

/** The way to the identity provider, where the operator has set one up. */
export function OidcButton({ to, isSignedOut }: { to: string | undefined; isSignedOut: boolean }): ReactNode {
  const { data } = useQuery({ queryKey: ['oidc'], queryFn: ({ signal }) => annexOf().getOidc({ signal }) });
  const begun = useMutation({
    mutationFn: () => annexOf().beginOidcSignIn({}),
    onSuccess({ url }) {
      keepWayBack(to);
      location.assign(url);
    },
  });
  if (!data?.button) return null;
  return (
    <div className={classes.form}>
      <Divider label="or" />
      {begun.error && <Problem error={begun.error} />}
      <Button
        variant="default"
        size="md"
        fullWidth
        leftSection={<LogIn size={16} />}
        loading={begun.isPending || begun.isSuccess}
        onClick={() => begun.mutate()}
      >
        {data.button}
      </Button>
      {isSignedOut && data.sign_out_url !== null && (
        <Anchor href={data.sign_out_url} size="sm">
          Sign out at the identity provider too
        </Anchor>
      )}
    </div>
  );
}

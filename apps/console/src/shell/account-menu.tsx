import { Menu, UnstyledButton, VisuallyHidden, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import BookOpen from 'lucide-react/icons/book-open';
import LogOut from 'lucide-react/icons/log-out';
import Monitor from 'lucide-react/icons/monitor';
import Moon from 'lucide-react/icons/moon';
import Sun from 'lucide-react/icons/sun';
import UserRound from 'lucide-react/icons/user-round';
import type { ReactNode } from 'react';
import { annexOf } from '../api/client';
import { useTenant } from '../api/tenant';
import { notifyProblem } from '../parts/problem';
import { useAt } from './go';
import classes from './menus.module.css';

/** Who is signed in, the colours, and the way out. */
export function AccountMenu(): ReactNode {
  const { profile } = useTenant();
  const navigate = useNavigate();
  const client = useQueryClient();
  const at = useAt();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const shown = profile.name ?? profile.email ?? 'You';
  const signOut = (): void =>
    void annexOf()
      .endBrowserSession()
      .then(() => {
        client.clear();
        return navigate({ to: '/sign-in', search: { out: '1' } as never });
      }, notifyProblem);
  const colours = [
    { value: 'light', label: 'Light', icon: Sun },
    { value: 'dark', label: 'Dark', icon: Moon },
    { value: 'auto', label: 'As the system', icon: Monitor },
  ] as const;
  return (
    <Menu position="top-start" width={232}>
      <Menu.Target>
        <UnstyledButton className={classes.target}>
          <span className={classes.person} aria-hidden>
            {shown.charAt(0).toUpperCase()}
          </span>
          <VisuallyHidden>Account of</VisuallyHidden>
          <span className={classes.words}>
            <strong>{shown}</strong>
            {profile.name !== null && <small>{profile.email}</small>}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<UserRound size={14} />} onClick={() => void navigate({ to: at('profile') })}>
          Profile and sessions
        </Menu.Item>
        <Menu.Item leftSection={<BookOpen size={14} />} component="a" href="/docs" target="_blank" rel="noreferrer">
          API reference
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Colours</Menu.Label>
        {colours.map(({ value, label, icon: Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={14} />}
            onClick={() => setColorScheme(value)}
            {...(colorScheme === value && { fw: 600 })}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={14} />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

import { Menu, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import Check from 'lucide-react/icons/check';
import ChevronsUpDown from 'lucide-react/icons/chevrons-up-down';
import LayoutGrid from 'lucide-react/icons/layout-grid';
import type { ReactNode } from 'react';
import { useTenant } from '../api/tenant';
import classes from './menus.module.css';

/** Shows the tenant that is open, and leads to others. */
export function TenantSwitch(): ReactNode {
  const { slug, name, role, profile } = useTenant();
  const navigate = useNavigate();
  return (
    <Menu position="bottom-start" width={232}>
      <Menu.Target>
        <UnstyledButton className={classes.target}>
          <span className={classes.initial} aria-hidden>
            {name.charAt(0).toUpperCase()}
          </span>
          <VisuallyHidden>Tenant</VisuallyHidden>
          <span className={classes.words}>
            <strong>{name}</strong>
            <small>{profile.operator ? 'operator' : role}</small>
          </span>
          <ChevronsUpDown size={15} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {profile.tenants.slice(0, 10).map((tenant) => (
          <Menu.Item
            key={tenant.slug}
            rightSection={tenant.slug === slug ? <Check size={14} /> : null}
            onClick={() => void navigate({ to: `/t/${tenant.slug}` })}
          >
            {tenant.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<LayoutGrid size={14} />} onClick={() => void navigate({ to: '/tenants' })}>
          All tenants
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

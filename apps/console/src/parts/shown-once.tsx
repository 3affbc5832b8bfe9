import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Id } from './copy';
import classes from './shown-once.module.css';

/** A secret that is shown this once, to be copied. */
export function ShownOnce({ label, text, why }: { label: string; text: string; why: string }): ReactNode {
  return (
    <div className={classes.box}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Id what={label.toLowerCase()}>{text}</Id>
      <Text size="sm" mt="xs">
        {why}
      </Text>
    </div>
  );
}

import type { NoticeRule } from '@annex/client';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import Megaphone from 'lucide-react/icons/megaphone';
import Plus from 'lucide-react/icons/plus';
import type { ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Items } from '../../parts/items';
import classes from '../../parts/items.module.css';
import { Page, Section } from '../../parts/page';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { RuleForm } from './rule-form';
import { kinds, Told } from './told';

/** Who is told when something needs people, and what they were told. */
export function Notices(): ReactNode {
  const [isMaking, making] = useDisclosure();
  const { can } = useTenant();
  const rules = useAnnexList('listNoticeRules', { query: { limit: 100 } });
  const told = useAnnexList('listNotices', { query: { limit: 100 } }, { every: 10_000 });
  const add = can('setNoticeRule') && (
    <Button size="xs" leftSection={<Plus size={14} />} onClick={making.open}>
      New rule
    </Button>
  );
  return (
    <Page
      title="Notices"
      lead="Who is told when something needs people. Each change is told once."
      actions={rules.items.length > 0 && add}
    >
      <Section title="Rules" flush>
        <Items
          list={rules}
          none={
            <Empty icon={<Megaphone size={22} />} title="Nobody is told" action={add}>
              A rule tells people by mail, in Slack or over a webhook when a plugin fails, a quota is nearly used up or
              dead letters come.
            </Empty>
          }
        >
          {(rule) => <RuleItem key={rule.name} rule={rule} />}
        </Items>
      </Section>
      <Told list={told} />
      {isMaking && <RuleForm onClose={making.close} />}
    </Page>
  );
}

function RuleItem({ rule }: { rule: NoticeRule }): ReactNode {
  const { name, channel, enabled, to, url, last_error: error, last_sent_at: at } = rule;
  const path = { name };
  return (
    <div className={classes.item} role="group" aria-label={name}>
      <div>
        <div className={classes.name}>
          <Status of={enabled ? 'enabled' : 'off'} label={enabled ? 'on' : 'off'} />
          <strong>{name}</strong>
          <Tag>{channel}</Tag>
        </div>
        <p>{rule.kinds.map((kind) => kinds[kind]).join(', ')}</p>
        <p>
          To {channel === 'mail' ? to.join(', ') : url}. Told last <When at={at} none="never" />.
        </p>
        {error && (
          <p>
            <Status of="failed" label="The latest was not taken" /> {error.message}, <When at={error.at} />
          </p>
        )}
      </div>
      <div className={classes.actions}>
        <Act
          call="testNoticeRule"
          input={{ path }}
          cli={cli`annex notices test ${name}`}
          done={({ ok, error: why }) => (ok ? 'It was taken' : `It was not taken: ${why ?? 'nobody said why'}`)}
        >
          Try it
        </Act>
        <Act
          call="deleteNoticeRule"
          input={{ path }}
          cli={cli`annex notices rm ${name}`}
          done={`${name} is gone`}
          confirm={{ title: `Delete ${name}?`, text: 'What it has not sent yet is not sent.' }}
        >
          Delete
        </Act>
      </div>
    </div>
  );
}

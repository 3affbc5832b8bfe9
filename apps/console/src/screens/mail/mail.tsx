import type { Mail } from '@annex/client';
import { Modal, Tabs } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import MailIcon from 'lucide-react/icons/mail';
import { useEffect, useState, type ReactNode } from 'react';
import { useAnnex, useAnnexList } from '../../api/queries';
import { Act } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, useFilters } from '../../parts/filters';
import classes from '../../parts/items.module.css';
import { Facts, Loaded, Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';

const columns: readonly Column<Mail>[] = [
  { label: 'Subject', width: 'minmax(0, 2fr)', show: ({ subject }) => subject || '(no subject)' },
  { label: 'To', width: 'minmax(0, 1.4fr)', show: ({ to }) => <span className="quiet">{to.join(', ')}</span> },
  { label: 'State', width: '90px', wide: true, show: ({ status }) => <Status of={status} /> },
  { label: 'Plugin', width: '140px', wide: true, show: ({ plugin }) => <Tag>{plugin}</Tag> },
  { label: 'When', width: '105px', narrow: '84px', align: 'end', show: ({ created_at: at }) => <When at={at} /> },
];

/** Mail that plugins sent; where no server is set up, all of it stays here. */
export function MailScreen(): ReactNode {
  const { id } = useParams({ strict: false }) as { id?: string };
  const { filters } = useFilters();
  const at = useAt();
  const navigate = useNavigate();
  const query = { limit: 100, ...(filters['status'] && { status: filters['status'] }) } as never;
  const list = useAnnexList('listMail', { query });
  return (
    <Page title="Mail" lead="What plugins sent. Without a mail server it is kept here, as in development.">
      <FilterBar>
        <Choice name="status" label="State" options={['sent', 'kept', 'failed', 'sending']} />
      </FilterBar>
      <Section flush>
        <Rows
          label="Mail"
          list={list}
          columns={columns}
          idOf={(mail) => mail.id}
          linkTo={(mail) => at(`mail/${mail.id}`)}
          empty={
            <Empty icon={<MailIcon size={22} />} title="No plugin has sent a mail">
              <code>ctx.email.send</code> needs the permission <code>send_email</code>.
            </Empty>
          }
        />
      </Section>
      {id !== undefined && (
        <Modal opened size="xl" onClose={() => void navigate({ to: at('mail') })} title="Mail">
          <OneMail id={id} onGone={() => void navigate({ to: at('mail') })} />
        </Modal>
      )}
    </Page>
  );
}

function OneMail({ id, onGone }: { id: string; onGone: () => void }): ReactNode {
  const result = useAnnex('getMail', { path: { id } });
  return (
    <Loaded result={result}>
      {(mail) => (
        <div className="stack">
          <Facts
            of={[
              ['Subject', <strong key="subject">{mail.subject}</strong>],
              ['From', mail.from],
              ['To', mail.to.join(', ')],
              ['When', <When key="at" at={mail.created_at} as="exact" />],
              ['Sent by', <Go to={`runs/${mail.run_id}`}>{mail.plugin}</Go>],
              mail.error !== null && ['Error', mail.error.message],
              mail.attachments.length > 0 && ['Attached', mail.attachments.map(({ filename }) => filename).join(', ')],
            ]}
          />
          <Tabs defaultValue={mail.html === null ? 'text' : 'html'}>
            <Tabs.List>
              {mail.html !== null && <Tabs.Tab value="html">HTML without styles</Tabs.Tab>}
              <Tabs.Tab value="text">Text</Tabs.Tab>
            </Tabs.List>
            {mail.html !== null && (
              <Tabs.Panel value="html" pt="md">
                <Frame html={mail.html} />
              </Tabs.Panel>
            )}
            <Tabs.Panel value="text" pt="md">
              <pre className={classes.answer} tabIndex={0} aria-label="Text of the mail">
                {mail.text ?? 'It has no text part.'}
              </pre>
            </Tabs.Panel>
          </Tabs>
          <Act
            call="deleteMail"
            input={{ path: { id } }}
            done="The mail is deleted here"
            onDone={onGone}
            confirm={{ title: 'Delete this mail here?', text: 'Whoever got it keeps it.' }}
          >
            Delete
          </Act>
        </div>
      )}
    </Loaded>
  );
}

/**
 * A plugin's HTML, in a frame that has no origin, no scripts and no forms. It inherits the page's policy: its styles
 * stay out.
 */
function Frame({ html }: { html: string }): ReactNode {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const policy = `<meta http-equiv="content-security-policy" content="default-src 'none'">`;
    const made = URL.createObjectURL(new Blob([policy, html], { type: 'text/html' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [html]);
  return <iframe src={url} sandbox="" title="The mail’s HTML without its styles" className={classes.frame} />;
}

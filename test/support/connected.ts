import { Client } from 'pg';

/** Works on one connection of its own. */
export async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Who a connection is. */
export interface Who {
  session: string;
  role: string;
  super: boolean;
}

export async function whoIs(client: Client): Promise<Who | undefined> {
  const { rows } = await client.query<Who>(
    `select session_user::text as session, current_user::text as role,
       current_setting('is_superuser')::bool as super`,
  );
  return rows[0];
}

/** Permissions in plain words, for a package that is not installed yet; the server says the same of installed ones. */
export const permissionWords: Readonly<Record<string, string>> = {
  'db.read': 'Read rows of your tables',
  'db.write': 'Add, change and delete rows of your tables',
  'files.read': 'Read your files',
  'files.write': 'Store, replace and delete your files',
  outbound_http: 'Send requests to other servers',
  send_email: 'Send mail',
  emit_webhook: 'Send webhooks',
  'llm.use': 'Use the language model',
  'agents.call': 'Ask agents',
};

import { openAnnex } from './access/access-bench.js';
import { signIn } from './access/signing-in.js';
import { manageTenants } from './access/tenants.js';
import { useTokens } from './access/tokens.js';
import { manageUsers } from './access/users.js';

openAnnex();
signIn();
useTokens();
manageUsers();
manageTenants();

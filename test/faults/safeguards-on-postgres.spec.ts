import { describeSafeguards } from './safeguards.js';

describeSafeguards('postgres');

import { takeHonest } from './packages/honest.js';
import { openAnnex } from './packages/packages-bench.js';
import { runPlugin } from './packages/plugin.js';
import { refuse } from './packages/refused.js';

openAnnex();
takeHonest();
refuse();
runPlugin();

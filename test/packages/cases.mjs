/**
 * The packages of docs/packages.md. Each has a small program: `head` stands at the top of a plugin, `run` is the value
 * that its route answers, and `want` is what that must be, or `test` says whether it is right. `http` answers what the
 * program asks of the network: `true` answers with the request. `fails`: what the error says when the program runs;
 * `refused`: what the refusal at upload says. `with`: what is installed beside. `note`: for the reader of the table.
 */
import { checking } from './cases/checking.mjs';
import { data } from './cases/data.mjs';
import { files } from './cases/files.mjs';
import { services } from './cases/services.mjs';
import { texts } from './cases/texts.mjs';
import { tokens } from './cases/tokens.mjs';
import { tools } from './cases/tools.mjs';

export const cases = [...data, ...tokens, ...checking, ...texts, ...files, ...tools, ...services];

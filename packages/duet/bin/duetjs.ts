#!/usr/bin/env node
/** `npx duetjs verify-audit`: checks an exported audit without a page. */

import { verifyAuditCommand } from './verify-audit';

const usage = `Usage: duetjs verify-audit <log.jsonl> [--receipts <receipts.jsonl>] [--key <fingerprint>]

  Checks what duet.audit.export() or duet.audit.exportPeer() gave: that nothing in it was changed, taken out or put in.

  --receipts  what duet.receipts.export() of a scientist gave: each release must be found as it was signed for
  --key       the owner's fingerprint, as you know it from elsewhere

  The exit code is 0 where all is well, 1 where a fault was found, 2 where it was called wrongly.
`;

const [command, ...words] = process.argv.slice(2);
const { code, text } =
  command === 'verify-audit' ? await verifyAuditCommand(words) : { code: 2, text: usage };
(code === 2 ? process.stderr : process.stdout).write(text || usage);
process.exitCode = code;

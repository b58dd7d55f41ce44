import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type AuditReport, verifyAudit } from '../src/audit-verify';

export interface CommandResult {
  /** 0: all is well; 1: a fault was found; 2: it was called wrongly. */
  readonly code: 0 | 1 | 2;
  /** Empty where the usage is to be shown. */
  readonly text: string;
}

/** What comes after `verify-audit` on the command line. */
export async function verifyAuditCommand(words: readonly string[]): Promise<CommandResult> {
  const asked = readWords(words);
  if (!asked) return { code: 2, text: '' };
  const { file, receipts, key } = asked;
  try {
    const report = await verifyAudit(await readFile(file, 'utf8'), {
      key,
      receipts: receipts === undefined ? undefined : await readFile(receipts, 'utf8'),
    });
    return {
      code: report.ok ? 0 : 1,
      text: describeReport(report, { isKeyKnown: key !== undefined }),
    };
  } catch (thrown) {
    return { code: 2, text: `${thrown instanceof Error ? thrown.message : String(thrown)}\n` };
  }
}

interface Asked {
  readonly file: string;
  readonly receipts: string | undefined;
  readonly key: string | undefined;
}

function readWords(words: readonly string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { receipts: { type: 'string' }, key: { type: 'string' } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) return undefined;
    return { file, receipts: values.receipts, key: values.key };
  } catch {
    return undefined;
  }
}

/** What a report says, for people. */
export function describeReport(
  report: AuditReport,
  { isKeyKnown }: { readonly isKeyKnown: boolean },
): string {
  const { fault, kind, owner, peer, from, to, signedHeads, receipts, gaps } = report;
  const what = kind === 'history' ? `The history of scientist ${peer}` : 'An audit log';
  const lines = kind === undefined ? [] : [`${what}, entries ${from} to ${to}.`];
  if (kind !== undefined) {
    lines.push(owner === '' ? 'It is not signed: anybody could have made it.' : `Owner: ${owner}`);
  }
  if (fault) {
    const where = fault.in === 'receipts' ? 'the receipts' : 'the export';
    lines.push(`FAULT in line ${fault.line} of ${where}: ${fault.what}`);
    lines.push('What comes after it was not checked.');
  } else {
    lines.push(...describeGood({ signedHeads, receipts, gaps, from }));
    if (!isKeyKnown && owner !== '') {
      lines.push(
        'Compare the owner’s fingerprint with the one that you know, or give it with --key.',
      );
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

function describeGood({
  signedHeads,
  receipts,
  gaps,
  from,
}: Pick<AuditReport, 'signedHeads' | 'receipts' | 'gaps' | 'from'>): string[] {
  const lines = ['The chain is whole: nothing was changed, taken out or put in.'];
  if (from > 1)
    lines.push(`Entries before ${from} were dropped by the owner’s side, as it says itself.`);
  if (signedHeads > 0) lines.push(`Signed heads in between: ${signedHeads}.`);
  if (receipts > 0) lines.push(`Receipts, all found as they were signed for: ${receipts}.`);
  if (gaps.length > 0) {
    lines.push(
      `Before ${gaps.length === 1 ? 'entry' : 'entries'} ${gaps.join(', ')} a page was not closed in order: its newest entries may be missing.`,
    );
  }
  return lines;
}

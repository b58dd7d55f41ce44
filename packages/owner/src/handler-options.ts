import { checkText, DuetError, limits } from '@duet/protocol';
import { type HandlerOptions, type HandlerWindow, scopeOf } from './gate/handlers';

const known: Readonly<Record<keyof HandlerOptions, true>> = {
  action: true,
  decide: true,
  name: true,
  peer: true,
  tags: true,
  plan: true,
  timeoutSecs: true,
  release: true,
  elementQuota: true,
  within: true,
  whenUsedUp: true,
  digits: true,
  printLocal: true,
  logLocal: true,
};

export const handlerOptionNames: readonly string[] = Object.keys(known);

/** Of an accepting handler alone. */
const bounds = ['release', 'elementQuota', 'within', 'whenUsedUp', 'digits'] as const;

function refuse(detail: string, hint = ''): never {
  throw new DuetError('bad-argument', { detail, hint });
}

/**
 * A copy of the options that nobody can change later. Throws `bad-argument` or `bad-text` on those that make no sense, and on
 * a handler that could release more than its owner has said.
 */
export function checkedOptions(options: HandlerOptions): HandlerOptions {
  // A misspelt option would leave out what it was meant to narrow.
  const stray = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (stray !== undefined) refuse(`A handler has no option “${stray}”.`);
  checkAnswer(options);
  checkMatch(options);
  checkNumbers(options);
  if (options.action === 'deny') checkDenying(options);
  else checkReach(options);
  const { tags, within } = options;
  return Object.freeze({
    ...options,
    ...(tags && { tags: Object.freeze([...tags]) }),
    ...(within && { within: Object.freeze({ ...within }) }),
  });
}

function checkAnswer({ action, decide, printLocal, logLocal, whenUsedUp }: HandlerOptions): void {
  if (action !== undefined && action !== 'accept' && action !== 'deny') {
    refuse('action must be "accept" or "deny".');
  }
  if (decide !== undefined && typeof decide !== 'function') refuse('decide must be a function.');
  if ((action === undefined) === (decide === undefined)) {
    refuse('A handler has either an action or a decide function.');
  }
  if (![undefined, 'deny', 'ask'].includes(whenUsedUp)) {
    refuse('whenUsedUp must be "deny" or "ask".');
  }
  for (const flag of [printLocal, logLocal]) {
    if (flag !== undefined && typeof flag !== 'boolean') {
      refuse('printLocal and logLocal are true or false.');
    }
  }
}

function checkMatch({ name, peer, tags, plan }: HandlerOptions): void {
  for (const text of [name, peer, plan, ...listed(tags)]) {
    if (text !== undefined && typeof text !== 'string') refuse('Names and tags are texts.');
  }
  if (name !== undefined) checkText(name, limits.nameChars, 'The name');
  if (peer !== undefined && !/^[0-9a-f]{64}$/.test(peer)) {
    refuse('peer must be the fingerprint of a scientist.', 'duet.peers lists them.');
  }
  if (plan !== undefined && !/^[0-9a-f]{64}$/.test(plan)) {
    refuse('plan must be the hash of a plan: 64 hexadecimal digits.');
  }
  const { length } = listed(tags);
  if (length > limits.tags) refuse(`A handler takes at most ${limits.tags} tags.`);
  for (const tag of listed(tags)) checkText(tag, limits.tagChars, 'A tag');
}

function listed(tags: readonly string[] | undefined): readonly string[] {
  if (tags !== undefined && !Array.isArray(tags)) refuse('tags must be a list.');
  return tags ?? [];
}

function checkNumbers({ timeoutSecs, elementQuota, digits, within }: HandlerOptions): void {
  if (timeoutSecs !== undefined) checkSeconds('timeoutSecs', timeoutSecs);
  if (elementQuota !== undefined) checkCount('elementQuota', elementQuota);
  if (digits !== undefined && digits !== 'exact' && !(isCount(digits) && inDigits(digits))) {
    refuse('digits must be a whole number from 1 to 9, or "exact".');
  }
  if (within !== undefined) checkWindow(within);
}

function inDigits(digits: number): boolean {
  return digits >= 1 && digits <= 9;
}

function checkWindow({ seconds, requests, elements, ...others }: HandlerWindow): void {
  const [stray] = Object.keys(others);
  if (stray !== undefined) refuse(`within has no “${stray}”.`);
  checkSeconds('within.seconds', seconds);
  if (requests !== undefined) checkCount('within.requests', requests);
  if (elements !== undefined) checkCount('within.elements', elements);
  if (requests === undefined && elements === undefined) {
    refuse('within must bound requests, elements or both.');
  }
}

function checkSeconds(what: string, seconds: number): void {
  if (!(typeof seconds === 'number' && seconds > 0 && seconds * 1000 <= limits.timeoutMs)) {
    refuse(`${what} must be over 0 and at most ${limits.timeoutMs / 1000}.`);
  }
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0;
}

function checkCount(what: string, count: number): void {
  if (!isCount(count)) refuse(`${what} must be a whole number, 0 or more.`);
}

function checkDenying(options: HandlerOptions): void {
  const stray = bounds.find((bound) => options[bound] !== undefined);
  if (stray === undefined) return;
  refuse(`A handler that denies releases nothing, and takes no ${stray}.`, 'Leave it out.');
}

function checkReach(options: HandlerOptions): void {
  const { release, elementQuota, tags = [], plan } = options;
  if (![undefined, 'aggregates', 'metrics', 'records'].includes(release)) {
    refuse('release must be "aggregates", "metrics" or "records".');
  }
  const scope = scopeOf(options);
  if (scope === 'aggregates') return;
  if (elementQuota === undefined) {
    refuse(
      `A handler that releases ${scope} needs an elementQuota: each number could be about one person.`,
      scope === 'metrics' ? 'For a thousand losses, elementQuota: 1000.' : '',
    );
  }
  if (scope === 'records' && tags.length === 0 && plan === undefined) {
    refuse(
      'A handler that releases records needs the tags of the data that they are of, or the hash of a plan.',
      'A name alone narrows nothing: scientists write names.',
    );
  }
}

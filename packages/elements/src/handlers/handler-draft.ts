/** The form for a handler: what stands in it, and the options that it means. */

import type { Handler, HandlerOptions, HandlerWindow, ReleaseScope } from 'duetjs';

export interface HandlerDraft {
  readonly accepts: boolean;
  readonly release: ReleaseScope;
  readonly elementQuota: string;
  readonly name: string;
  readonly peer: string;
  readonly plan: string;
  readonly tags: readonly string[];
  readonly timeoutSecs: string;
  readonly withinSeconds: string;
  readonly withinRequests: string;
  readonly withinElements: string;
  readonly whenUsedUp: 'deny' | 'ask';
  /** Empty: as usual for the class. */
  readonly digits: string;
  readonly printLocal: boolean;
  readonly logLocal: boolean;
}

export const emptyDraft: HandlerDraft = {
  accepts: false,
  release: 'aggregates',
  elementQuota: '',
  name: '',
  peer: '',
  plan: '',
  tags: [],
  timeoutSecs: '600',
  withinSeconds: '',
  withinRequests: '',
  withinElements: '',
  whenUsedUp: 'deny',
  digits: '',
  printLocal: false,
  logLocal: false,
};

/** What is typed now; what the form has no field for just now stays as it was. */
export function readDraft(form: HTMLFormElement, before: HandlerDraft): HandlerDraft {
  const data = new FormData(form);
  const has = (name: string) => form.elements.namedItem(name) !== null;
  const text = (name: keyof HandlerDraft & string) =>
    has(name) ? String(data.get(name) ?? '').trim() : String(before[name]);
  const release = text('release');
  return {
    accepts: data.get('action') === 'accept',
    release: release === 'metrics' || release === 'records' ? release : 'aggregates',
    elementQuota: text('elementQuota'),
    // As it is: a request's name must be the very same.
    name: has('name') ? String(data.get('name') ?? '') : before.name,
    peer: text('peer'),
    plan: text('plan'),
    tags: data.getAll('tags').map(String),
    timeoutSecs: text('timeoutSecs'),
    withinSeconds: text('withinSeconds'),
    withinRequests: text('withinRequests'),
    withinElements: text('withinElements'),
    whenUsedUp: text('whenUsedUp') === 'ask' ? 'ask' : 'deny',
    digits: text('digits'),
    printLocal: data.has('printLocal'),
    logLocal: data.has('logLocal'),
  };
}

/** What the owner would have typed for it. */
export function draftOf(options: HandlerOptions): HandlerDraft {
  const { action, release, name, peer, plan, tags, whenUsedUp, digits, within } = options;
  const words = (value: number | string | undefined) => (value === undefined ? '' : String(value));
  return {
    accepts: action === 'accept',
    release: release ?? (options.elementQuota === undefined ? 'aggregates' : 'metrics'),
    elementQuota: words(options.elementQuota),
    name: name ?? '',
    peer: peer ?? '',
    plan: plan ?? '',
    tags: tags ?? [],
    timeoutSecs: words(options.timeoutSecs),
    withinSeconds: words(within?.seconds),
    withinRequests: words(within?.requests),
    withinElements: words(within?.elements),
    whenUsedUp: whenUsedUp ?? 'deny',
    digits: words(digits),
    printLocal: options.printLocal ?? false,
    logLocal: options.logLocal ?? false,
  };
}

/** Whether they make sense is `addHandler`'s to say. */
export function optionsOf(draft: HandlerDraft): HandlerOptions {
  const { accepts, name, peer, plan, tags, timeoutSecs, printLocal, logLocal } = draft;
  return {
    action: accepts ? 'accept' : 'deny',
    ...(name !== '' && { name }),
    ...(peer !== '' && { peer }),
    ...(plan !== '' && { plan }),
    ...(tags.length > 0 && { tags }),
    ...(timeoutSecs !== '' && { timeoutSecs: Number(timeoutSecs) }),
    ...(printLocal && { printLocal }),
    ...(logLocal && { logLocal }),
    ...(accepts && reachOf(draft)),
  };
}

function reachOf(draft: HandlerDraft): HandlerOptions {
  const { release, elementQuota, whenUsedUp, digits } = draft;
  const within = windowOf(draft);
  return {
    release,
    ...(elementQuota !== '' && { elementQuota: Number(elementQuota) }),
    ...(within && { within }),
    ...((elementQuota !== '' || within) && { whenUsedUp }),
    ...(digits !== '' && { digits: digits === 'exact' ? digits : Number(digits) }),
  };
}

function windowOf({
  withinSeconds,
  withinRequests,
  withinElements,
}: HandlerDraft): HandlerWindow | undefined {
  if (withinSeconds === '' && withinRequests === '' && withinElements === '') return undefined;
  return {
    seconds: Number(withinSeconds),
    ...(withinRequests !== '' && { requests: Number(withinRequests) }),
    ...(withinElements !== '' && { elements: Number(withinElements) }),
  };
}

/** Does it answer, and let values leave? */
export function isAccepting({ active, action }: Handler): boolean {
  return active && action !== 'deny';
}

import { quotedText } from '@duet/protocol';
import { type HandlerOptions, metricDigits, scopeOf } from './gate/handlers';

/** What a handler does and may give away, in words for the owner. A name may be one that a scientist wrote, so it is quoted. */
export function handlerWords(options: HandlerOptions): string {
  const { action, decide, elementQuota, within, whenUsedUp } = options;
  const which = matchWords(options);
  if (action === 'deny') return `Denies ${which}.`;
  const sentences = [
    decide || action === undefined
      ? `Lets a function answer ${which}. What it accepts: ${reachWords(options)}.`
      : `Accepts ${which}: ${reachWords(options)}.`,
  ];
  if (within) sentences.push(`No more than ${windowWords(within)}.`);
  if (elementQuota !== undefined || within) {
    const what = whenUsedUp === 'ask' ? 'is left to you' : 'is denied';
    sentences.push(`What does not fit in what is left ${what}.`);
  }
  return sentences.join(' ');
}

function matchWords({ name, peer, tags = [], plan }: HandlerOptions): string {
  const parts = [
    name === undefined ? 'requests' : `requests named ${quotedText(name)}`,
    peer === undefined ? '' : `of the scientist ${peer.slice(0, 8)}`,
    tags.length === 0
      ? ''
      : `for values whose every source is tagged ${tags.map(quotedText).join(', ')}`,
    plan === undefined ? '' : `for values of the plan ${plan.slice(0, 8)}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function reachWords(options: HandlerOptions): string {
  const { elementQuota, digits } = options;
  const rounded = (always: number | undefined) => {
    const to = digits === 'exact' ? undefined : (digits ?? always);
    return to === undefined ? '' : `, rounded to ${to} significant digits`;
  };
  const upTo = elementQuota === undefined ? 'any number of' : `up to ${elementQuota}`;
  const numbers = elementQuota === 1 ? 'number' : 'numbers';
  switch (scopeOf(options)) {
    case 'aggregates':
      return `${upTo} sums, means and the like over no fewer records than each data set allows${rounded(undefined)}`;
    case 'metrics':
      return `${upTo} ${numbers}, each of which could be about one person${rounded(metricDigits)}`;
    case 'records':
      return `${upTo} ${numbers} of any kind, single records included${rounded(undefined)}`;
  }
}

function windowWords({ seconds, requests, elements }: NonNullable<HandlerOptions['within']>) {
  const bounds = [
    requests === undefined ? '' : `${requests} requests`,
    elements === undefined ? '' : `${elements} numbers`,
  ];
  return `${bounds.filter((bound) => bound !== '').join(' and ')} in any ${seconds} seconds`;
}

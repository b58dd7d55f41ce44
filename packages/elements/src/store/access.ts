/** Who may see what is published: a choice of everyone, nobody, or one scientist. */

import { type OwnerDuet, type Pointable, visibleText } from 'duetjs';
import { html, type TemplateResult } from 'lit';
import { count, shortFingerprint } from '../base/words';

/** What the choice is for what is set; others than it offers are shown, and left as they are. */
function choiceOf(pointable: Pointable): string {
  if (typeof pointable === 'boolean') return pointable ? 'everyone' : 'nobody';
  return pointable.length === 1 ? (pointable[0] ?? 'nobody') : 'some';
}

/** Undefined where it is to stay as it is. */
export function pointableOf(choice: string): Pointable | undefined {
  if (choice === 'everyone' || choice === 'nobody') return choice === 'everyone';
  return choice === 'some' ? undefined : [choice];
}

/** The options of a `select`: everyone, nobody, and who is here. */
export function accessOptions({ peers }: OwnerDuet, pointable: Pointable): TemplateResult {
  const choice = choiceOf(pointable);
  const people = new Map(peers.map(({ fingerprint, name }) => [fingerprint, name]));
  if (/^[0-9a-f]{64}$/.test(choice) && !people.has(choice)) people.set(choice, '');
  const option = (value: string, words: string) =>
    html`<option value=${value} .selected=${value === choice}>${words}</option>`;
  return html`${option('everyone', 'everyone who is admitted')} ${option('nobody', 'nobody yet')}
  ${[...people].map(([fingerprint, name]) =>
    option(
      fingerprint,
      `only ${shortFingerprint(fingerprint)}${name === '' ? '' : `, who calls themselves \u2068${visibleText(name)}\u2069`}`,
    ),
  )}
  ${choice === 'some' && typeof pointable !== 'boolean' ? option('some', count(pointable.length, 'scientist')) : ''}`;
}

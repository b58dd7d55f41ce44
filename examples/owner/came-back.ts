import type { OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { clockTime, count } from '../shared/words';

/** What was there before this page was loaded again, as it was found when the duet opened. */
export class CameBack extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #found: readonly string[] | undefined;

  protected override render(): TemplateResult | typeof nothing {
    this.#found ??= foundIn(this.duet);
    if (this.#found.length === 0) return nothing;
    return html`<p class="notice good" role="status" data-testid="came-back">
      Still here from before: ${this.#found.join(', ')}. What scientists had computed is gone; they are told so.
    </p>`;
  }
}

function foundIn(duet: OwnerDuet): readonly string[] {
  const { invites, peers, requests, store } = duet;
  const open = invites.filter(({ restored, usesLeft }) => restored && usesLeft > 0).length;
  const handlers = requests.handlers.length;
  const kept = store.kept().length;
  const away = peers.filter(({ status }) => status === 'away');
  const until = away.flatMap(({ awayUntil }) => awayUntil ?? []).at(0);
  return [
    ...(open > 0 ? [open === 1 ? 'the invite' : count(open, 'invite')] : []),
    ...(kept > 0 ? [`${count(kept, 'published object')} that you kept`] : []),
    ...(handlers > 0 ? [count(handlers, 'handler')] : []),
    ...(away.length > 0
      ? [
          `${count(away.length, 'scientist')} who may come back${until ? ` until ${clockTime(until)}` : ''}`,
        ]
      : []),
  ];
}

customElements.define('duet-came-back', CameBack);

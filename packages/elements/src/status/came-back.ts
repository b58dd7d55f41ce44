import type { OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { count } from '../base/words';

/** What was there before this page was loaded again, as it was found when the duet opened. */
export class CameBack extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #found: readonly string[] | undefined;

  protected override render(): TemplateResult | typeof nothing {
    this.#found ??= foundIn(this.duet);
    if (this.#found.length === 0) return nothing;
    return html`<p class="notice good" role="status" data-testid="came-back">
      Still here from before: ${this.#found.join(', ')}. What scientists had computed is gone, which they are told.
    </p>`;
  }
}

function foundIn(duet: OwnerDuet): readonly string[] {
  const { invites, peers, requests, store } = duet;
  const open = invites.filter(({ restored, usesLeft }) => restored && usesLeft > 0).length;
  const handlers = requests.handlers.length;
  const kept = store.kept().length;
  const people = peers.filter(({ status }) => status !== 'waiting').length;
  return [
    ...(open > 0 ? [open === 1 ? 'the invite' : count(open, 'invite')] : []),
    ...(kept > 0 ? [`${count(kept, 'published object')} that you kept`] : []),
    ...(handlers > 0 ? [count(handlers, 'handler')] : []),
    ...(people > 0
      ? [`${count(people, 'scientist')} whom you had admitted, and who may come back by themselves`]
      : []),
  ];
}

customElements.define('duet-came-back', CameBack);

import type { Holding, OwnerDuet, Peer } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { everySecond, Following } from '../base/following';
import { count, errorWords } from '../base/words';
import './known-people';
import { absentRow, personRow } from './person-row';

/**
 * Who knocks, who is in, who may come back, and what is held for them here, also for those who have left. What a page puts in
 * it, such as who comes in unasked, stands below.
 */
export class PeoplePanel extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';
  readonly #wereAway = new WeakSet<Peer>();

  constructor() {
    super();
    followDuet(this, 'peer');
    // What they hold changes with every step of a program.
    new Following(this, everySecond);
  }

  protected override render(): TemplateResult {
    const { peers, holdings } = this.duet;
    const absent = holdings.filter((holding) => holding.peers === '');
    const waiting = peers.filter(({ status }) => status === 'waiting').length;
    return html`<section class="panel" aria-labelledby="people-title" data-testid="people-panel">
      <div class="panel-head">
        <h2 id="people-title">People</h2>
        <span class="soft small" role="status">
          ${waiting === 0 ? '' : `${count(waiting, 'person waits', 'people wait')} to be admitted`}
        </span>
      </div>
      ${
        peers.length + absent.length === 0
          ? html`<p class="empty" data-testid="people-empty">Nobody is here. A scientist who opens the invite waits here to be admitted.</p>`
          : html`<ul class="items" aria-live="polite">
            ${repeat(
              peers,
              (peer) => peer,
              (peer) => this.#row(peer, holdings),
            )}
            ${absent.map(absentRow)}
          </ul>`
      }
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="people-error">${this.#problem}</p>`
      }
      <slot></slot>
      <duet-known-people .duet=${this.duet}></duet-known-people>
    </section>`;
  }

  #row(peer: Peer, holdings: readonly Holding[]): TemplateResult {
    if (peer.status === 'away') this.#wereAway.add(peer);
    return personRow({
      peer,
      holding: holdings.find(({ fingerprint }) => fingerprint === peer.fingerprint),
      wasAway: this.#wereAway.has(peer),
      act: (action) => this.#try(action),
    });
  }

  #try(action: () => void): void {
    this.#problem = '';
    try {
      action();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

customElements.define('duet-people-panel', PeoplePanel);

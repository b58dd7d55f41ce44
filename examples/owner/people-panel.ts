import type { Holding, OwnerDuet, Peer } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { everySecond, Following } from '../shared/following';
import { LightElement } from '../shared/light-element';
import { count, errorWords } from '../shared/words';
import { admission, admissionWords, setAdmission } from './admission';
import { followDuet } from './follow-duet';
import './known-people';
import { absentRow, personRow } from './person-row';

/** Who knocks, who is in, who may come back, and what is held for them here, also for those who have left. */
export class PeoplePanel extends LightElement {
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
      ${this.#policy()}
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

  #policy(): TemplateResult {
    const chosen = admission();
    return html`<label class="field">
        <span>Who knocks comes in</span>
        <select data-testid="admission" @change=${this.#setPolicy}>
          ${Object.entries(admissionWords).map(
            ([value, words]) =>
              html`<option value=${value} .selected=${value === chosen}>${words}</option>`,
          )}
        </select>
      </label>
      ${
        chosen === 'all'
          ? html`<p class="notice warn" role="status" data-testid="admission-warning">
            Whoever has got hold of the invite comes in unasked, as often as it may be used. Every value still waits for
            you, or for a handler.
          </p>`
          : nothing
      }`;
  }

  #setPolicy(event: Event & { readonly currentTarget: HTMLSelectElement }): void {
    setAdmission(event.currentTarget.value);
    this.requestUpdate();
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

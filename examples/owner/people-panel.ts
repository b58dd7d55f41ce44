import type { OwnerDuet, Peer } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { LightElement } from '../shared/light-element';
import { quotedWord } from '../shared/peer-text';
import { errorWords, shortFingerprint } from '../shared/words';
import { followDuet } from './follow-duet';

/** Who knocks, and who is in. */
export class PeoplePanel extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';

  constructor() {
    super();
    followDuet(this, 'peer');
  }

  protected override render(): TemplateResult {
    const { peers } = this.duet;
    return html`<section class="panel" aria-labelledby="people-title" data-testid="people-panel">
      <div class="panel-head"><h2 id="people-title">People</h2></div>
      ${
        peers.length === 0
          ? html`<p class="empty" data-testid="people-empty">Nobody is here. A scientist who opens the invite waits here to be admitted.</p>`
          : html`<ul class="items" aria-live="polite">
            ${repeat(
              peers,
              (peer) => peer,
              (peer) => this.#row(peer),
            )}
          </ul>`
      }
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="people-error">${this.#problem}</p>`
      }
    </section>`;
  }

  #row(peer: Peer): TemplateResult {
    const isWaiting = peer.status === 'waiting';
    return html`<li
      class="item"
      data-testid=${isWaiting ? 'person-waiting' : 'person-joined'}
      data-fingerprint=${peer.fingerprint}
    >
      <div class="grow">
        ${isWaiting ? html`<span class="badge warn">waits</span>` : html`<span class="badge good">joined</span>`}
        ${
          peer.name === ''
            ? html`<span class="soft">a scientist without a name</span>`
            : html`<span class="soft small">calls themselves</span> ${quotedWord(peer.name)}`
        }
        <div class="small soft">
          Fingerprint <code title=${peer.fingerprint}>${shortFingerprint(peer.fingerprint)}</code>, the same whenever they
          come with this browser
        </div>
      </div>
      <div class="actions">
        ${
          isWaiting
            ? html`<button type="button" class="primary" data-testid="admit" @click=${() => this.#try(() => peer.admit())}>
              Admit
            </button>`
            : nothing
        }
        <button type="button" class="danger" data-testid="send-away" @click=${() => this.#try(() => peer.disconnect())}>
          Send away
        </button>
      </div>
    </li>`;
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

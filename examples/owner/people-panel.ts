import type { Holding, OwnerDuet, Peer } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { everySecond, Following } from '../shared/following';
import { LightElement } from '../shared/light-element';
import { quotedWord } from '../shared/peer-text';
import { byteWords, count, errorWords, shortFingerprint } from '../shared/words';
import { followDuet } from './follow-duet';

/** Who knocks, who is in, and what is held for them here, also for those who have left. */
export class PeoplePanel extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';

  constructor() {
    super();
    followDuet(this, 'peer');
    // What they hold changes with every step of a program.
    new Following(this, everySecond);
  }

  protected override render(): TemplateResult {
    const { peers, holdings } = this.duet;
    const absent = holdings.filter((holding) => holding.peers === '');
    return html`<section class="panel" aria-labelledby="people-title" data-testid="people-panel">
      <div class="panel-head"><h2 id="people-title">People</h2></div>
      ${
        peers.length + absent.length === 0
          ? html`<p class="empty" data-testid="people-empty">Nobody is here. A scientist who opens the invite waits here to be admitted.</p>`
          : html`<ul class="items" aria-live="polite">
            ${repeat(
              peers,
              (peer) => peer,
              (peer) =>
                this.#row(
                  peer,
                  holdings.find(({ fingerprint }) => fingerprint === peer.fingerprint),
                ),
            )}
            ${absent.map((holding) => this.#absent(holding))}
          </ul>`
      }
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="people-error">${this.#problem}</p>`
      }
    </section>`;
  }

  #row(peer: Peer, holding: Holding | undefined): TemplateResult {
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
        ${isWaiting || !holding ? nothing : this.#holding(holding)}
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

  /** Whose requests are kept though they have left. */
  #absent(holding: Holding): TemplateResult {
    return html`<li class="item" data-testid="person-absent" data-fingerprint=${holding.fingerprint}>
      <div class="grow">
        <span class="badge">has left</span> ${quotedWord(holding.name)}
        <code title=${holding.fingerprint}>${shortFingerprint(holding.fingerprint)}</code>
        ${this.#holding(holding)}
      </div>
    </li>`;
  }

  #holding(holding: Holding): TemplateResult {
    return html`<div class="small soft" aria-live="off" data-testid="person-holding">Held for them: ${holdingWords(holding)}</div>`;
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

function holdingWords(holding: Holding): string {
  const { objects, bytes, plans, planBytes, requests, requestBytes, kept, grants, grantBytes } =
    holding;
  const parts: readonly (readonly [number, string, number])[] = [
    [objects, 'object', bytes],
    [plans, 'plan', planBytes],
    [requests - kept, 'request', requestBytes - holding.keptBytes],
    [kept, 'kept request', holding.keptBytes],
    [grants, 'accepted value', grantBytes],
  ];
  const words = parts
    .filter(([amount]) => amount > 0)
    .map(([amount, what, size]) => `${count(amount, what)} (${byteWords(size)})`);
  return words.length === 0 ? 'nothing' : words.join(', ');
}

customElements.define('duet-people-panel', PeoplePanel);

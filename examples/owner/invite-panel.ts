import type { Invite, OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { everySecond, Following } from '../shared/following';
import { LightElement } from '../shared/light-element';
import { clockTime, count, errorWords, timeLeft } from '../shared/words';
import { followDuet } from './follow-duet';
import '../shared/copy-button';

const statusWords = {
  connecting: ['warn', 'reaching the signaling server…'],
  open: ['good', 'open'],
  lost: ['bad', 'signaling server lost, trying again…'],
  used: ['', 'used'],
  expired: ['', 'expired'],
  revoked: ['', 'revoked'],
} as const;

function isLive({ status }: Invite): boolean {
  return status === 'connecting' || status === 'open' || status === 'lost';
}

/** The link to send, and what has become of it. */
export class InvitePanel extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';

  constructor() {
    super();
    followDuet(this, 'invite', 'peer', 'status');
    new Following(this, everySecond);
  }

  protected override render(): TemplateResult {
    const { invite, invites } = this.duet;
    const earlier = invites.filter((other) => other !== invite && isLive(other));
    return html`<section class="panel" aria-labelledby="invite-title" data-testid="invite-panel">
      <div class="panel-head">
        <h2 id="invite-title">Invite</h2>
        ${this.#badge(invite)}
      </div>
      ${isLive(invite) ? this.#live(invite) : this.#over(invite)}
      ${
        earlier.length === 0
          ? nothing
          : html`<h3>Earlier invites that are still open</h3>
            <ul class="items">
              ${earlier.map((other) => this.#earlier(other))}
            </ul>`
      }
      ${this.#problem === '' ? nothing : html`<p class="notice bad" role="alert">${this.#problem}</p>`}
    </section>`;
  }

  #badge({ status }: Invite): TemplateResult {
    const [tone, words] = statusWords[status];
    return html`<span class="badge ${tone}" role="status" data-testid="invite-status" data-state=${status}>
      ${words}
    </span>`;
  }

  #live(invite: Invite): TemplateResult {
    return html`<p>
        Send this link to one scientist, over a way that you trust: who has it can knock. You still decide whom to admit.
      </p>
      <div class="row">
        <label class="grow">
          <span class="visually-hidden">Invite link</span>
          <input type="text" class="mono" readonly data-testid="invite-url" .value=${invite.url} @focus=${selectAll} />
        </label>
        <duet-copy-button label="Copy link" .testId=${'invite-copy'} .text=${invite.url}></duet-copy-button>
      </div>
      <details>
        <summary>Words to send with it, and the line of code for a program</summary>
        <pre data-testid="invite-instructions">${invite.instructions()}</pre>
        <duet-copy-button label="Copy words" .testId=${'invite-copy-words'} .text=${invite.instructions()}></duet-copy-button>
      </details>
      <div class="row">
        <span class="soft small grow" data-testid="invite-expires">
          Lets ${count(invite.usesLeft, 'scientist')} in. Expires at ${clockTime(invite.expiresAt)}, in
          <span class="countdown">${timeLeft(invite.expiresAt.getTime() - Date.now())}</span>.
        </span>
        <button type="button" class="small" data-testid="invite-new" @click=${this.#create}>New invite</button>
        <button type="button" class="small danger" data-testid="invite-revoke" @click=${() => invite.revoke()}>
          Revoke
        </button>
      </div>`;
  }

  #over({ status }: Invite): TemplateResult {
    const [, words] = statusWords[status];
    return html`<div class="row">
      <p class="grow">This invite is ${words}: nobody can come in by it any more. Who is in stays in.</p>
      <button type="button" class="primary" data-testid="invite-new" @click=${this.#create}>New invite</button>
    </div>`;
  }

  #earlier(invite: Invite): TemplateResult {
    return html`<li class="item" data-testid="invite-earlier">
      <code class="grow">…${invite.url.slice(-12)}</code>
      <span class="soft small">until ${clockTime(invite.expiresAt)}</span>
      <button type="button" class="small danger" @click=${() => invite.revoke()}>Revoke</button>
    </li>`;
  }

  #create(): void {
    this.#problem = '';
    try {
      this.duet.createInvite();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

function selectAll(event: FocusEvent & { readonly currentTarget: HTMLInputElement }): void {
  event.currentTarget.select();
}

customElements.define('duet-invite-panel', InvitePanel);

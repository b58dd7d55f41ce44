import type { Invite, OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { everySecond, Following } from '../base/following';
import { qrCode } from '../base/qr-code';
import { clockTime, count, errorWords, timeLeft } from '../base/words';
import '../base/copy-button';

const statusWords = {
  connecting: ['warn', 'reaching the signaling server…'],
  open: ['good', 'open'],
  lost: ['bad', 'signaling server lost, trying again…'],
  used: ['', 'used'],
  expired: ['', 'expired'],
  revoked: ['', 'revoked'],
} as const;

/** What an invite may be made for. */
const choices = { uses: [1, 2, 3, 5, 10, 30], hours: [1, 4, 24] } as const;

function isLive({ status }: Invite): boolean {
  return status === 'connecting' || status === 'open' || status === 'lost';
}

/** The link to send, and what has become of it. */
export class InvitePanel extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';
  /** Of the next invite. */
  #uses = 1;
  #lastsHours = 24;
  #showsCode = false;

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
      ${isLive(invite) ? this.#live(invite) : this.#over(invite)} ${this.#strangers()} ${this.#failedKnocks()}
      ${
        earlier.length === 0
          ? nothing
          : html`<h3>Earlier invites that are still open</h3>
            <ul class="items">
              ${earlier.map((other) => this.#earlier(other))}
            </ul>`
      }
      ${this.#problem === '' ? nothing : html`<p class="notice bad" role="alert">${this.#problem}</p>`}
      <slot></slot>
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
        Send this link to ${invite.usesLeft === 1 ? 'one scientist' : 'your scientists'}, over a way that you trust: who has
        it can knock. You still decide whom to admit.
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
      <details @toggle=${this.#toggleCode}>
        <summary data-testid="invite-code-open">QR code, for a phone or a tablet beside you</summary>
        ${this.#showsCode ? qrCode(invite.url, 'The invite link as a QR code', 'invite-code') : nothing}
      </details>
      <div class="row">
        <span class="soft small grow" data-testid="invite-expires">
          Lets ${count(invite.usesLeft, 'scientist')} in. Expires at ${clockTime(invite.expiresAt)}, in
          <span class="countdown">${timeLeft(invite.expiresAt.getTime() - Date.now())}</span>.
        </span>
        <button type="button" class="small danger" data-testid="invite-revoke" @click=${() => invite.revoke()}>
          Revoke
        </button>
      </div>
      ${this.#maker(false)}`;
  }

  /** Only while it is looked at: who sees it can knock. */
  #toggleCode(event: Event & { readonly currentTarget: HTMLDetailsElement }): void {
    this.#showsCode = event.currentTarget.open;
    this.requestUpdate();
  }

  #over({ status }: Invite): TemplateResult {
    const [, words] = statusWords[status];
    return html`<p>This invite is ${words}: nobody can come in by it any more. Who is in stays in.</p>
      ${this.#maker(true)}`;
  }

  /** Makes another invite, for so many people and so long. */
  #maker(isFirst: boolean): TemplateResult {
    const { uses, hours } = choices;
    const option = (value: number, chosen: number, words: string) =>
      html`<option value=${value} .selected=${value === chosen}>${words}</option>`;
    return html`<div class="row">
      <label class="check small">
        For
        <select data-testid="invite-uses" @change=${(event: Event) => this.#choose(event, 'uses')}>
          ${uses.map((each) => option(each, this.#uses, count(each, 'scientist')))}
        </select>
      </label>
      <label class="check small">
        open for
        <select data-testid="invite-lasts" @change=${(event: Event) => this.#choose(event, 'hours')}>
          ${hours.map((each) => option(each, this.#lastsHours, count(each, 'hour')))}
        </select>
      </label>
      <button type="button" class=${isFirst ? 'primary' : 'small'} data-testid="invite-new" @click=${this.#create}>
        New invite
      </button>
    </div>`;
  }

  #choose(event: Event, what: keyof typeof choices): void {
    const value = Number((event.currentTarget as HTMLSelectElement).value);
    if (what === 'uses') this.#uses = value;
    else this.#lastsHours = value;
  }

  /** The room's name is known to the signaling server, so someone may come there who was never sent the invite. */
  #strangers(): TemplateResult | typeof nothing {
    const strangers = this.duet.invites.reduce((sum, each) => sum + each.strangers, 0);
    if (strangers === 0) return nothing;
    return html`<p class="notice warn" role="status" data-testid="invite-strangers" data-count=${strangers}>
      ${count(strangers, 'stranger')} knocked: someone who found the room at the signaling server and does not have the
      invite. They were shown out and learned nothing, and the invite is as good as before. If it does not end, make a new
      invite, or use another signaling server.
    </p>`;
  }

  /** They have the invite, and no connection came of it. */
  #failedKnocks(): TemplateResult | typeof nothing {
    const failed = this.duet.invites.reduce((sum, each) => sum + each.failedKnocks, 0);
    if (failed === 0) return nothing;
    return html`<p class="soft small" role="status" data-testid="invite-failed" data-count=${failed}>
      ${count(failed, 'try', 'tries')} by people who have an invite came to nothing: they gave up, no path was found between
      the two browsers, or someone was in between. It is not used up by that.
    </p>`;
  }

  #earlier(invite: Invite): TemplateResult {
    return html`<li class="item" data-testid="invite-earlier">
      <span class="grow">Invite ${this.duet.invites.indexOf(invite) + 1}</span>
      <span class="soft small">for ${count(invite.usesLeft, 'scientist')}, open for ${timeLeft(invite.expiresAt.getTime() - Date.now())} more</span>
      <button type="button" class="small danger" @click=${() => invite.revoke()}>Revoke</button>
    </li>`;
  }

  #create(): void {
    this.#problem = '';
    try {
      this.duet.createInvite({ uses: this.#uses, expiresInSecs: this.#lastsHours * 3600 });
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

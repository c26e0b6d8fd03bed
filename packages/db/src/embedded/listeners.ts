/**
 * Who listens to which channel. The engine has one set of channels for all clients: it listens to the union, and what it
 * hears is handed to those who asked.
 *
 * @module
 */
import type { ListenAction } from "./effects.ts";
import type { EngineSession } from "./session.ts";
import { readText } from "./wire.ts";

export class Listeners<Client> {
  readonly #channels = new Map<string, Set<Client>>();

  /** Takes note of what `client` did, once it is committed or not, and mends what it did to the others' channels. */
  async settle(session: EngineSession, client: Client, actions: readonly ListenAction[]): Promise<void> {
    const heard = await heardChannels(session);
    for (const { kind, channel } of actions) {
      if (kind === "listen" && channel !== null && heard.has(channel)) this.#add(channel, client);
      if (kind === "unlisten")
        for (const one of channel === null ? [...this.#channels.keys()] : [channel]) this.#remove(one, client, heard);
    }
    await this.#mend(session, heard);
  }

  /** Forgets a client that left. */
  async leave(session: EngineSession, client: Client): Promise<void> {
    const channels = [...this.#channels].filter(([, clients]) => clients.has(client)).map(([channel]) => channel);
    if (channels.length === 0) return;
    for (const channel of channels) this.#channels.get(channel)?.delete(client);
    await this.#mend(session, await heardChannels(session));
  }

  /** The clients that listen to the channel a NotificationResponse names. */
  of(notification: Buffer): Iterable<Client> {
    return this.#channels.get(readText(notification, 9).text) ?? [];
  }

  #add(channel: string, client: Client): void {
    const clients = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, clients.add(client));
  }

  /** An UNLISTEN that was rolled back left the engine listening; it changed nothing then. */
  #remove(channel: string, client: Client, heard: ReadonlySet<string>): void {
    if (!heard.has(channel)) this.#channels.get(channel)?.delete(client);
  }

  async #mend(session: EngineSession, heard: ReadonlySet<string>): Promise<void> {
    for (const [channel, clients] of this.#channels) {
      if (clients.size === 0) this.#channels.delete(channel);
    }
    const lost = [...this.#channels.keys()].filter((channel) => !heard.has(channel)).map((channel) => `listen ${identifier(channel)}`);
    const surplus = [...heard].filter((channel) => !this.#channels.has(channel)).map((channel) => `unlisten ${identifier(channel)}`);
    if (lost.length + surplus.length > 0) await session.query([...lost, ...surplus].join("; "));
  }
}

async function heardChannels(session: EngineSession): Promise<Set<string>> {
  const rows = await session.query("select pg_catalog.pg_listening_channels()");
  return new Set(rows.map(([channel]) => channel ?? ""));
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

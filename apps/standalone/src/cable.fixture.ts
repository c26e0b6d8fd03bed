/**
 * A cable between a client and a server that a test can cut.
 *
 * @module
 */
import { connect, createServer, type Socket } from "node:net";

export interface Cable {
  url: string;
  /** Breaks every connection as a dying network would, and gives how many there were. */
  cut(): number;
  close(): Promise<void>;
}

/** Carries bytes to the server at `target` (`http://127.0.0.1:3001`). */
export async function openCable(target: string): Promise<Cable> {
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const socket of pair) {
      socket.on("error", () => {});
      socket.on("close", () => {
        pairs.delete(pair);
        for (const either of pair) either.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const cut = () => {
    const count = pairs.size;
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
    pairs.clear();
    return count;
  };
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    cut,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}

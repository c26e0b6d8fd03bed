/**
 * People for a bench: each signs up from an address of their own, and has a workspace.
 *
 * @module
 */
import type { Session } from "@axon/contracts/auth";
import { callProcedure, createCaller } from "./load.ts";

export interface Person {
  email: string;
  password: string;
  token: string;
  workspaceId: string;
  /** Which caller they are: see `createCaller`. */
  number: number;
}

const password = "correct horse battery";

/** Signs up that many, one after the other; their numbers begin at `first`. */
export async function signUp(url: string, count: number, first: number): Promise<Person[]> {
  const people: Person[] = [];
  for (let number = first; number < first + count; number++) {
    const caller = createCaller({ url, number });
    const email = `person-${number}@example.com`;
    // safe: the server's own schema gives it
    const session = (await callProcedure(caller, "/trpc/auth.signUp", { email, password, name: `Person ${number}` })) as Session;
    caller.close();
    people.push({ email, password, token: session.accessToken, workspaceId: session.memberships[0]?.workspace.id ?? "", number });
  }
  return people;
}

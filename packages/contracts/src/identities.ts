/**
 * How people are told apart: the names by which a contact is known, and what may be noted of them.
 *
 * @module
 */
import { z } from "zod";

/** What a contact can be known by. `external` is the business's own id of its customer. */
export const identityKinds = ["external", "email", "phone"] as const;
export type IdentityKind = (typeof identityKinds)[number];
export const identityCharsMax = 254;

/** Of one contact. */
export const contactAttributesMax = 50;
export const attributeValue = z.union([z.string().max(1000), z.number(), z.boolean()]);
/** Attributes to be set, by name; null takes one away. The schema says how many there may be, for whoever reads it. */
export const attributesToSet = (max: number) =>
  z
    .record(z.string().min(1).max(60), attributeValue.nullable())
    .refine((value) => Object.keys(value).length <= max, `at most ${max}`)
    .meta({ maxProperties: max });
export type ContactAttributes = Record<string, z.infer<typeof attributeValue>>;

/** Spaces, dots, dashes and brackets are for reading and are taken out: `+49 (30) 123-45` is `+493012345`. */
export const phoneNumber = z
  .string()
  .max(40)
  .transform((value) => value.replaceAll(/[\s().\-/]/g, ""))
  .refine((value) => /^\+?[0-9]{5,15}$/.test(value), "must be a phone number, such as +493012345");
/** BCP 47. */
export const contactLocale = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$/, "must be a language tag, such as pt-BR");

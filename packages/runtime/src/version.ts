/**
 * What reports call this version.
 *
 * @module
 */
export const release = "axon@0.1.0";

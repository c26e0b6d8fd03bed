/** Jobs over REST. */
import { deadLetter, deadLetterDetail, jobsOverview, replayedLetter } from "@axon/contracts/dead-letters";
import { pageOf, routesOf } from "./route.ts";

export const jobRoutes = routesOf("jobs")({
  "jobs.overview": {
    method: "GET",
    path: "/jobs",
    summary: "Count what of the workspace's work waits, runs and was given up",
    output: jobsOverview,
  },
  "jobs.deadLetters.list": {
    method: "GET",
    path: "/dead-letters",
    summary: "List jobs that were given up, newest first",
    output: pageOf(deadLetter),
  },
  "jobs.deadLetters.get": {
    method: "GET",
    path: "/dead-letters/{id}",
    summary: "Get a job that was given up, with the ids that it bore",
    output: deadLetterDetail,
  },
  "jobs.deadLetters.replay": {
    method: "POST",
    path: "/dead-letters/{id}/replay",
    summary: "Have a job that was given up tried again",
    output: replayedLetter,
  },
  "jobs.deadLetters.discard": {
    method: "POST",
    path: "/dead-letters/{id}/discard",
    summary: "Let go of a job that was given up",
    output: deadLetter,
  },
});

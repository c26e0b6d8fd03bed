/** Channels: where customers write in, and who may come in there. */
export {
  admitVisitor,
  agentFor,
  findChannelByKey,
  isVouchedFor,
  readDoor,
  requireNoIdentityNeeded,
  requireOrigin,
  type Visitor,
} from "./admit-visitor.ts";
export { createChannel } from "./create-channel.ts";
export { isOpen, outOfHoursText, stillClosedSince } from "./hours.ts";
export { requireSigned, rotateIdentitySecret } from "./identity.ts";
export { channelKindInfos, getChannel, listChannels } from "./list-channels.ts";
export { deleteChannel, updateChannel } from "./update-channel.ts";

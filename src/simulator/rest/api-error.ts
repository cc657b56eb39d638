/** One entry of the `errors` tree (Discord docs: Reference, Error Messages). */
export interface FieldError {
  readonly code: string;
  readonly message: string;
}

export interface ErrorTree {
  [key: string]: ErrorTree | readonly FieldError[];
}

/** A refusal as Discord words it: HTTP status and `{code, message, errors?}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: ErrorTree | undefined;

  constructor(status: number, code: number, message: string, errors?: ErrorTree) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  toBody(): { message: string; code: number; errors?: ErrorTree } {
    const body = { message: this.message, code: this.code };
    return this.errors === undefined ? body : { ...body, errors: this.errors };
  }
}

/** Discord docs: Opcodes and Status Codes, JSON Error Codes. */
export const apiErrors = {
  unauthorized: () => new ApiError(401, 0, "401: Unauthorized"),
  notFound: () => new ApiError(404, 0, "404: Not Found"),
  methodNotAllowed: () => new ApiError(405, 0, "405: Method Not Allowed"),
  unknownChannel: () => new ApiError(404, 10003, "Unknown Channel"),
  unknownGuild: () => new ApiError(404, 10004, "Unknown Guild"),
  unknownMember: () => new ApiError(404, 10007, "Unknown Member"),
  unknownMessage: () => new ApiError(404, 10008, "Unknown Message"),
  unknownUser: () => new ApiError(404, 10013, "Unknown User"),
  unknownEmoji: () => new ApiError(400, 10014, "Unknown Emoji"),
  unknownWebhook: () => new ApiError(404, 10015, "Unknown Webhook"),
  unknownInteraction: () => new ApiError(404, 10062, "Unknown interaction"),
  unknownCommand: () => new ApiError(404, 10063, "Unknown application command"),
  notYourApplication: () =>
    new ApiError(403, 20012, "You are not authorized to perform this action on this application"),
  tooManyReactions: () => new ApiError(400, 30010, "Maximum number of reactions reached (20)"),
  tooManyAttachments: () =>
    new ApiError(400, 30015, "Maximum number of attachments in a message reached (10)"),
  tooManyCommands: () => new ApiError(400, 30032, "Maximum number of application commands reached (100)."),
  requestTooLarge: () => new ApiError(413, 40005, "Request entity too large"),
  forumNeedsThread: () => new ApiError(400, 40058, "Cannot send a message in a forum channel"),
  alreadyAcknowledged: () => new ApiError(400, 40060, "Interaction has already been acknowledged."),
  blockedUserAgent: () => new ApiError(403, 40333, "internal network error"),
  missingAccess: () => new ApiError(403, 50001, "Missing Access"),
  directMessageAction: () => new ApiError(403, 50003, "Cannot execute action on a DM channel"),
  notYourMessage: () => new ApiError(403, 50005, "Cannot edit a message authored by another user"),
  emptyMessage: () => new ApiError(400, 50006, "Cannot send an empty message"),
  cannotMessageUser: () => new ApiError(403, 50007, "Cannot send messages to this user"),
  noMutualGuilds: () =>
    new ApiError(403, 50278, "Cannot send messages to this user due to having no mutual guilds"),
  notTextChannel: () => new ApiError(400, 50008, "Cannot send messages in a non-text channel"),
  missingPermissions: () => new ApiError(403, 50013, "Missing Permissions"),
  bulkDeleteCount: () =>
    new ApiError(
      400,
      50016,
      "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete.",
    ),
  wrongChannelType: () => new ApiError(400, 50024, "Cannot execute action on this channel type"),
  invalidWebhookToken: () => new ApiError(401, 50027, "Invalid Webhook Token"),
  invalidRecipients: () => new ApiError(400, 50033, "Invalid Recipient(s)"),
  tooOldToBulkDelete: () => new ApiError(400, 50034, "A message provided was too old to bulk delete"),
  invalidForm: (errors: ErrorTree) => new ApiError(400, 50035, "Invalid Form Body", errors),
  invalidVersion: () => new ApiError(400, 50041, "Invalid API version"),
  threadArchived: () => new ApiError(400, 50083, "Thread is archived"),
  invalidJson: () => new ApiError(400, 50109, "The request body contains invalid JSON."),
  cannotReply: () => new ApiError(403, 160002, "Cannot reply without permission to read message history"),
  threadExists: () => new ApiError(400, 160004, "A thread has already been created for this message"),
  threadLocked: () => new ApiError(403, 160005, "Thread is locked"),
  cannotForwardUnread: () =>
    new ApiError(403, 160014, "You cannot forward a message whose content you cannot read"),
} as const;

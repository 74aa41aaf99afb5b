import {
  ACKNOWLEDGE,
  APPLIED,
  APPROVE,
  BREAK_GLASS,
  DECISIONS,
  DISCARD,
  HALT,
  RESUME,
  REVERT,
  ENROL,
  HOLD_TEXTS,
  NOT_ROLLED_BACK,
  REGISTER_KEY,
  REVIEW,
  REPORT,
  type ReportParams,
  type ReportResult,
  ROLL_BACK,
  ROLL_BACK_FILES,
  SUGGEST,
  TOOL_CALL,
  TOOL_NOT_APPLIED,
  ROTATE_KEY,
  TRUST_KEY,
  UNDO_DISCARD,
  VERIFY_LOG,
  type AcknowledgeParams,
  type AcknowledgeResult,
  type AppliedParams,
  type AppliedResult,
  type ApproveParams,
  type BreakGlassParams,
  type KeyResult,
  type RegisterKeyParams,
  type RotateKeyParams,
  type TrustKeyParams,
  type DecisionsResult,
  type DiscardParams,
  type DiscardResult,
  type EnrolParams,
  type EnrolResult,
  type HaltParams,
  type HaltResult,
  type RevertParams,
  type RevertResult,
  type HoldTextsParams,
  type HoldTextsResult,
  type NotRolledBackParams,
  type NotRolledBackResult,
  type ReviewParams,
  type ReviewResult,
  type RollBackFilesParams,
  type RollBackFilesResult,
  type RollBackParams,
  type RollBackResult,
  type SuggestParams,
  type SuggestResult,
  type ToolCallParams,
  type ToolCallResult,
  type ToolNotAppliedParams,
  type ToolNotAppliedResult,
  type UndoDiscardParams,
  type VerifyLogResult,
} from '../server/protocol.ts';

/** Every request to the server: its parameters and its answer. */
export type Requests = {
  readonly [SUGGEST]: [SuggestParams, SuggestResult];
  readonly [REVIEW]: [ReviewParams, ReviewResult];
  readonly [HOLD_TEXTS]: [HoldTextsParams, HoldTextsResult];
  readonly [ACKNOWLEDGE]: [AcknowledgeParams, AcknowledgeResult];
  readonly [APPLIED]: [AppliedParams, AppliedResult];
  readonly [DISCARD]: [DiscardParams, DiscardResult];
  readonly [REVERT]: [RevertParams, RevertResult];
  readonly [HALT]: [HaltParams, HaltResult];
  readonly [RESUME]: [Record<string, never>, HaltResult];
  readonly [UNDO_DISCARD]: [UndoDiscardParams, DiscardResult];
  readonly [DECISIONS]: [Record<string, never>, DecisionsResult];
  readonly [REPORT]: [ReportParams, ReportResult];
  readonly [ROLL_BACK]: [RollBackParams, RollBackResult];
  readonly [NOT_ROLLED_BACK]: [NotRolledBackParams, NotRolledBackResult];
  readonly [ROLL_BACK_FILES]: [RollBackFilesParams, RollBackFilesResult];
  readonly [VERIFY_LOG]: [Record<string, never>, VerifyLogResult];
  readonly [TOOL_CALL]: [ToolCallParams, ToolCallResult];
  readonly [TOOL_NOT_APPLIED]: [ToolNotAppliedParams, ToolNotAppliedResult];
  readonly [BREAK_GLASS]: [BreakGlassParams, AcknowledgeResult];
  readonly [APPROVE]: [ApproveParams, AcknowledgeResult];
  readonly [ROTATE_KEY]: [RotateKeyParams, KeyResult];
  readonly [TRUST_KEY]: [TrustKeyParams, KeyResult];
  readonly [REGISTER_KEY]: [RegisterKeyParams, KeyResult];
  readonly [ENROL]: [EnrolParams, EnrolResult];
};

-- The trace that a background run is a part of (W3C traceparent), so that its worker goes on with it. Filled from the
-- transaction that makes the run: null unless traces are on.
alter table runs add column traceparent text;
alter table runs alter column traceparent set default nullif(current_setting('app.traceparent', true), '');

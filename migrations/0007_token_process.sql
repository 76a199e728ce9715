-- Processes that issue tokens are numbered, so that each of them can number its tokens by itself.

create sequence token_process as integer minvalue 0 maxvalue 67108863 cycle;
comment on sequence token_process is
    'Numbers of processes that issue tokens, 26 bits; begins again after the last, when the first has long ended.';

\set debit random(1, 1000)
\set apart random(1, 999)
\set credit (:debit + :apart - 1) % 1000 + 1
with debited as (
  update accounts set balance = balance - 1 where id = :debit and balance >= 1 returning id
), credited as (
  update accounts set balance = balance + 1 where id = :credit and exists (select from debited) returning id
)
insert into entries (account_id, amount)
select id, -1 from debited union all select id, 1 from credited;

-- Which of the goods that go back on the shelf had been sent; [] for those asked for before it was kept.
alter table order_restocks add column returned text not null default '[]';

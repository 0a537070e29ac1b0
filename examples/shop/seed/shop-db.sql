CREATE DATABASE IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.customers (id INT PRIMARY KEY, name VARCHAR(80), card VARCHAR(20));
CREATE TABLE IF NOT EXISTS shop.orders (id INT PRIMARY KEY, customer_id INT, total INT);
CREATE TABLE IF NOT EXISTS shop.order_items (order_id INT, product VARCHAR(80));
INSERT IGNORE INTO shop.customers VALUES (1, 'Ann', '4111');
INSERT IGNORE INTO shop.orders VALUES (1, 1, 30);
CREATE PROCEDURE IF NOT EXISTS shop.refund(IN number INT) UPDATE shop.orders SET total = 0 WHERE id = number;
